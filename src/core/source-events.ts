// A source's part of a batch.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { TelemetryEvent } from './event.ts';

/** Events of one source and one shard, in stream order, by column. */
export interface SourceEvents {
  /** ARN: a shard of another stream with the same name is another shard. */
  readonly stream: string;
  readonly shard: ShardId;
  readonly events: TelemetryEvent[];
  readonly sequences: SequenceNumber[];
  /** Position of each event within its record. */
  readonly indexes: number[];
  /** When its record arrived in the stream. */
  readonly arrivalsMs: EpochMs[];
  /** Which of them came under a partition key that is not the source; undefined: none. */
  readonly strays: ReadonlySet<number> | undefined;
  /** More of the last record may come later: it was not read from the stream, but from what has been set aside of it so far. */
  readonly mayGoOn?: true;
  /** Ticks of the shard among them, in stream order; undefined: none. */
  readonly ticks?: readonly TickBefore[] | undefined;
  /**
   * For events that are put back: what each counts as until now in the source's books. They stand behind their source's position, and do
   * not move it: who puts them back sees to it that each comes once.
   */
  readonly redriven?: readonly CountedBefore[];
}

/** `undefined`: in none of the source's books. */
export type CountedBefore = 'late' | 'quarantined' | undefined;

/** A tick of the shard: silence up to its arrival is known to the event at `from` and those behind it. */
export interface TickBefore {
  readonly from: number;
  readonly atMs: EpochMs;
}
