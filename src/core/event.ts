import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';

/** One valid telemetry event: defaults filled in, `time` in ms. */
export interface TelemetryEvent {
  readonly source: string;
  /** Distinguishes this event from others of the source. Producers may send `7` or `"7"`: both are the same id. */
  readonly id: string | number | undefined;
  readonly type: string;
  /** Event time. */
  readonly time: EpochMs;
  /** Finite numbers by name, as parsed: own enumerable keys only, `__proto__` is a plain name. */
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /**
   * Values of states that the pipeline asks for, by name: texts, and booleans as `true` and `false` (which are also among
   * `values`). Absent if there are none, as in nearly all events.
   */
  readonly states?: Readonly<Record<string, string>>;
}

/** Where in the stream an event stands: unique, and the same on every delivery. */
export interface Coordinates {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  /** 0-based position among the events of the record. */
  readonly index: number;
}
