// What a change of a source's state carries downstream, whatever the pipeline is now: what the changelog is for.
import type { EpochMs } from './brands.ts';
import type { Letter, Silence } from './source-state.ts';
import type { ClosedWindow } from './source-window.ts';
import type { EncodedState } from './state-encoding.ts';
import { decodeStateImage } from './state-encoding.ts';
import type { AggregationImage } from './state-image.ts';

export interface ChangedWindows {
  readonly open: readonly ClosedWindow[];
  /** By aggregation, the samples of states that are kept: what it said last is the latest of them. */
  readonly held: readonly HeldSamples[];
  /** How many of its events were applied, ever. */
  readonly applied: number;
  /** Closed by the write that made the change. */
  readonly closed: readonly ClosedWindow[];
  readonly letters: readonly Letter[];
  readonly maxTime: EpochMs;
  /** Greatest event time shown, however far its clock led. */
  readonly latestTime: EpochMs;
  readonly lastArrivalMs: EpochMs;
  /** See `SourceState.silences`. */
  readonly silences: readonly Silence[];
}

export type HeldSamples = Pick<AggregationImage, 'name' | 'spec' | 'held'>;

/** @throws Error for what is not of a known version, or cut short */
export function decodeChangedWindows(source: string, encoded: EncodedState): ChangedWindows {
  const image = decodeStateImage(source, encoded);
  const { aggregations, closed, letters, maxTime, latestTime, lastArrivalMs, silences, counts } = image;
  const open = aggregations.flatMap(({ name, spec, groupBy, windows }) =>
    windows.map((window) => ({ aggregation: name, spec, groupBy, ...window })),
  );
  return {
    open,
    closed,
    letters,
    maxTime,
    latestTime,
    lastArrivalMs,
    silences,
    held: aggregations,
    applied: counts.applied,
  };
}
