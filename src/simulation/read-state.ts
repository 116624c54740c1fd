// A stored state in a form that compares with the reference: the one place where the checkers read the core's own forms.
import type { EpochMs } from '../core/brands.ts';
import { toClosed } from '../core/close-windows.ts';
import type { FieldSummary } from '../core/field-counts.ts';
import type { MetricSummary } from '../core/metric.ts';
import type { Partiality } from '../core/partiality.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { sourceWindow } from '../core/rollup.ts';
import type { VerdictCounts } from '../core/source-state.ts';
import { decodeState } from '../core/state-encoding.ts';
import type { SeriesWindow, StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { SOURCES_TABLE } from '../platform/names.ts';
import type { Item } from '../stores/table.ts';
import { bytesOf, numberOf } from '../stores/table.ts';
import { placeOf } from './expected-stream.ts';
import type { ReferenceMetric } from './reference-model.ts';

export interface WindowContents {
  readonly end: EpochMs;
  readonly events: number;
  readonly metrics: ReadonlyMap<string, Partial<MetricSummary>>;
}

/** With what is kept of fields. */
export type FoundContents = WindowContents &
  FieldSummary &
  Pick<SeriesWindow, 'states'> & { readonly partial?: Partiality | undefined };

export interface StateView {
  readonly version: number;
  /** Place in the stream of the last event folded in. */
  readonly place: string | undefined;
  readonly shard: string | undefined;
  readonly maxTime: EpochMs;
  readonly lastArrivalMs: EpochMs;
  readonly counts: VerdictCounts;
  readonly lateFor: ReadonlyMap<string, number>;
  /** By aggregation, start and end. */
  readonly open: ReadonlyMap<string, () => FoundContents>;
  /** Closed by this write. */
  readonly closed: ReadonlyMap<string, () => FoundContents>;
  /** Places of the events this write found late or quarantined. */
  readonly handedOn: readonly string[];
  readonly closesAtMs: number | undefined;
  /** When the source was retired. */
  readonly retiredAtMs: number | undefined;
}

/** With where it was cut short: one of another kind may have the same bounds. */
export function windowName(
  aggregation: string,
  { start, end, partial }: { start: EpochMs; end: EpochMs; partial?: Partiality | undefined },
): string {
  const until = partial?.untilMs;
  return `${aggregation} ${start} ${end}${until === undefined ? '' : ` until ${until}`}`;
}

/** undefined for an item that is no source's state. */
export function readState(source: string, item: Item, pipeline: Pipeline): StateView | undefined {
  const encoded = bytesOf(item, SOURCES_TABLE.state);
  if (encoded === undefined) return undefined;
  const state = decodeState(source, encoded, pipeline);
  const [last] = state.upTo;
  return {
    version: numberOf(item, SOURCES_TABLE.version) ?? 0,
    place: last === undefined ? undefined : placeOf(last),
    shard: last?.shard,
    maxTime: state.maxTime,
    lastArrivalMs: state.lastArrivalMs,
    counts: state.counts,
    lateFor: new Map(state.open.map(({ aggregation, late }) => [aggregation.name, late])),
    open: new Map(
      state.open.flatMap(({ aggregation, windows }) =>
        [...windows.values()].map((window) => [
          windowName(aggregation.name, window),
          () => summarizeStored(sourceWindow(source, toClosed(window, aggregation), false)),
        ]),
      ),
    ),
    closed: new Map(
      state.closed.map((window) => [
        windowName(window.aggregation, window),
        () => summarizeStored(sourceWindow(source, window, true)),
      ]),
    ),
    handedOn: state.letters.map(({ at }) => placeOf(at)),
    closesAtMs: numberOf(item, SOURCES_TABLE.closesAt),
    retiredAtMs: numberOf(item, SOURCES_TABLE.retiredAt),
  };
}

export interface StoredView extends FoundContents {
  readonly series: string;
  readonly start: EpochMs;
  /** Number of the part, for rollup windows. */
  readonly part: number | undefined;
  readonly final: boolean;
}

export function viewWindow(window: StoredWindow): StoredView {
  const { revision, ...view } = summarizeStored(window);
  return { ...view, part: window.part };
}

/** What the reference makes of a window, in the same form; first and last where they are kept. */
export function referenceContents(
  window: {
    readonly end: EpochMs;
    readonly events: number;
    readonly metrics: ReadonlyMap<string, ReferenceMetric>;
  },
  keepSamples: boolean,
): WindowContents {
  const metrics = [...window.metrics].map(([name, { first, last, ...always }]) => {
    return [name, keepSamples ? { ...always, first, last } : always] as const;
  });
  return { end: window.end, events: window.events, metrics: new Map(metrics) };
}

/** In a form that compares as text: metrics by name, whatever the order they came in. */
export function comparable({ end, events, metrics }: WindowContents): unknown {
  const byName = [...metrics].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    end,
    events,
    metrics: byName.map(([name, { count, sum, min, max, mean, first, last }]) => {
      return [name, count, sum, min, max, mean, first, last].map((each) => (each === 0 ? 0 : each));
    }),
  };
}
