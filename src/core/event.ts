import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';

/** One valid telemetry event: defaults filled in, `time` in ms. */
export interface TelemetryEvent {
  readonly source: string;
  /** Tells this event from the source's others: as it was sent, so `7` and `"7"` are to be taken for the same. */
  readonly id: string | number | undefined;
  readonly type: string;
  /** Event time. */
  readonly time: EpochMs;
  /** Finite numbers by name, as parsed: own enumerable keys only, `__proto__` is a plain name. */
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /**
   * What it says of states that the pipeline asks for, by name: texts, and booleans as `true` and `false`, which stand among `values`
   * as well. Not there where it says nothing of any, which is how nearly all events are.
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
