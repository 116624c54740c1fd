// What a change of a source's state carries downstream, whatever the pipeline is now: what the changelog is for.
import type { EpochMs } from './brands.ts';
import type { Letter, Silence } from './source-state.ts';
import type { ClosedWindow } from './source-window.ts';
import type { EncodedState } from './state-encoding.ts';
import { decodeStateImage } from './state-encoding.ts';

export interface ChangedWindows {
  readonly open: readonly ClosedWindow[];
  /** Closed by the write that made the change. */
  readonly closed: readonly ClosedWindow[];
  readonly letters: readonly Letter[];
  readonly maxTime: EpochMs;
  readonly lastArrivalMs: EpochMs;
  /** See `SourceState.silences`. */
  readonly silences: readonly Silence[];
}

/** @throws Error for what is not of a known version, or cut short */
export function decodeChangedWindows(source: string, encoded: EncodedState): ChangedWindows {
  const { aggregations, closed, letters, maxTime, lastArrivalMs, silences } = decodeStateImage(
    source,
    encoded,
  );
  const open = aggregations.flatMap(({ name, spec, groupBy, windows }) =>
    windows.map((window) => ({ aggregation: name, spec, groupBy, ...window })),
  );
  return { open, closed, letters, maxTime, lastArrivalMs, silences };
}
