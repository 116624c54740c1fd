// A source's state as the text its item holds: versioned JSON, arrays rather than names, each metric name once.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import { MAX_GONE_AGGREGATIONS } from './limits.ts';
import { mergeMetric } from './metric.ts';
import type { MetricText } from './metric-encoding.ts';
import { metricFromText, metricToText, NameTable } from './metric-encoding.ts';
import type { Aggregation, Pipeline } from './pipeline.ts';
import { RememberedIds } from './remembered-ids.ts';
import type {
  GoneAggregation,
  LateEvent,
  OpenAggregation,
  SourceState,
  UpTo,
  VerdictCounts,
} from './source-state.ts';
import { openAggregation } from './source-state.ts';
import type { ClosedWindow, SourceWindow, WindowGroup } from './window.ts';

/** Raised when the text's shape changes; a reader refuses a version it does not know. */
const STATE_ENCODING_VERSION = 1;

/** The text form: equal states may differ in it by ids already forgotten. */
export function encodeState(state: SourceState, pipeline: Pipeline): string {
  const names = new NameTable();
  const open = state.open.map(
    ({ aggregation, windows, late, closedBefore }): OpenText => [
      aggregation.name,
      aggregation.sizeMs,
      aggregation.groupBy,
      late,
      [...windows.values()].map((window) => windowToText(window, names)),
      Math.max(closedBefore, state.maxTime - aggregation.allowedLatenessMs),
    ],
  );
  const closed = state.closed.map(
    (window): ClosedText => [window.aggregation, window.sizeMs, window.groupBy, windowToText(window, names)],
  );
  const { received, applied, duplicate, late } = state.counts;
  const text: StateText = {
    v: STATE_ENCODING_VERSION,
    u: state.upTo.map(({ shard, sequence, index }) => [shard, sequence, index]),
    m: state.maxTime,
    a: state.lastArrivalMs,
    c: [received, applied, duplicate, late],
    i: state.ids.toText(state.maxTime - pipeline.dedupeHorizonMs),
    n: names.names,
    o: open,
    ...(state.gone.length === 0
      ? {}
      : { g: state.gone.map((gone) => [gone.name, gone.sizeMs, gone.closedBefore]) }),
    ...(closed.length === 0 ? {} : { x: closed }),
    ...(state.late.length === 0 ? {} : { l: state.late }),
  };
  return JSON.stringify(text);
}

/**
 * Reads a state back for the pipeline given. Open windows of an aggregation the pipeline no longer has, or has with
 * another size, are closed by this: they stand in `orphans`, to go out with the next write.
 * @throws Error for a text that is not of a known version
 */
export function decodeState(source: string, json: string, pipeline: Pipeline): SourceState {
  const text = parseStateText(source, json);
  const orphans: ClosedWindow[] = [];
  const open = pipeline.aggregations.map((aggregation) => openFromText(text, aggregation));
  for (const [name, sizeMs, groupBy, , windows] of text.o) {
    const into = open.find(({ aggregation }) => aggregation.name === name && aggregation.sizeMs === sizeMs);
    for (const window of windows) {
      const read = windowFromText(window, text.n);
      if (into === undefined) orphans.push({ aggregation: name, sizeMs, groupBy, ...read });
      else {
        const fitted = regroup(read, groupBy, into.aggregation.groupBy);
        into.windows.set(fitted.start, fitted);
        into.earliestStart = Math.min(into.earliestStart, fitted.start);
      }
    }
  }
  const [received, applied, duplicate, late] = text.c;
  return {
    source,
    upTo: text.u.map(([shard, sequence, index]) => ({ shard, sequence, index })),
    maxTime: text.m,
    lastArrivalMs: text.a,
    counts: { received, applied, duplicate, late },
    ids: RememberedIds.parse(text.i),
    open,
    closed: closedFromText(text),
    late: [...(text.l ?? [])],
    orphans,
    gone: goneFromText(text, pipeline),
  };
}

/** What a change carries: the windows before and after it, whatever the pipeline is now. */
export interface ChangedWindows {
  readonly open: readonly ClosedWindow[];
  readonly closed: readonly ClosedWindow[];
  readonly late: readonly LateEvent[];
  readonly lastArrivalMs: number;
}

/** Reads the windows and late events out of a state's text, with all that describes them: what the changelog is for. */
export function decodeChangedWindows(source: string, json: string): ChangedWindows {
  const text = parseStateText(source, json);
  return {
    open: text.o.flatMap(([aggregation, sizeMs, groupBy, , windows]) =>
      windows.map((window) => ({ aggregation, sizeMs, groupBy, ...windowFromText(window, text.n) })),
    ),
    closed: closedFromText(text),
    late: text.l ?? [],
    lastArrivalMs: text.a,
  };
}

/** Only the ledger of a state's text: for adding up many. */
export function decodeCounts(source: string, json: string): VerdictCounts {
  const [received, applied, duplicate, late] = parseStateText(source, json).c;
  return { received, applied, duplicate, late };
}

/** What a person looking at a state wants to know of it, whatever the pipeline is now. */
export interface StateView {
  readonly upTo: readonly UpTo[];
  readonly maxTime: number;
  readonly lastArrivalMs: number;
  readonly counts: VerdictCounts;
  readonly open: readonly ClosedWindow[];
  readonly rememberedIds: number;
}

export function viewState(source: string, json: string): StateView {
  const text = parseStateText(source, json);
  return {
    upTo: text.u.map(([shard, sequence, index]) => ({ shard, sequence, index })),
    maxTime: text.m,
    lastArrivalMs: text.a,
    counts: decodeCounts(source, json),
    open: decodeChangedWindows(source, json).open,
    rememberedIds: text.i === '' ? 0 : RememberedIds.parse(text.i).entries(0).length,
  };
}

interface StateText {
  readonly v: number;
  readonly u: readonly (readonly [ShardId, SequenceNumber, number])[];
  readonly m: number;
  readonly a: number;
  readonly c: readonly [number, number, number, number];
  readonly i: string;
  readonly n: readonly string[];
  readonly o: readonly OpenText[];
  readonly g?: readonly GoneText[];
  readonly x?: readonly ClosedText[];
  readonly l?: readonly LateEvent[];
}
type OpenText = readonly [string, number, readonly string[], number, readonly WindowText[], EpochMs];
type GoneText = readonly [string, number, EpochMs];
type ClosedText = readonly [string, number, readonly string[], WindowText];
type WindowText = readonly [number, readonly GroupText[]];
type GroupText = readonly [readonly (string | null)[], number, readonly MetricText[]];
function parseStateText(source: string, json: string): StateText {
  const text: StateText = JSON.parse(json);
  if (text.v !== STATE_ENCODING_VERSION) {
    throw new Error(
      `state of source ${JSON.stringify(source)}: found encoding version ${text.v}, expected ${STATE_ENCODING_VERSION}`,
    );
  }
  return text;
}

function openFromText(text: StateText, aggregation: Aggregation): OpenAggregation {
  const { name, sizeMs } = aggregation;
  const same = text.o.find((open) => open[0] === name && open[1] === sizeMs);
  if (same !== undefined) return openAggregation(aggregation, { late: same[3], closedBefore: same[5] });
  const gone = text.g?.find((entry) => entry[0] === name && entry[1] === sizeMs);
  return openAggregation(aggregation, gone === undefined ? {} : { closedBefore: gone[2] });
}

/** Of an aggregation gone just now the open windows are closed too. */
function goneFromText(text: StateText, pipeline: Pipeline): GoneAggregation[] {
  const before = (text.g ?? []).map(([name, sizeMs, closedBefore]) => ({ name, sizeMs, closedBefore }));
  const dropped = text.o.map(([name, sizeMs, , , windows, closedBefore]) => ({
    name,
    sizeMs,
    closedBefore: windows.reduce((latest, [start]) => Math.max(latest, start + sizeMs), closedBefore),
  }));
  return [...dropped, ...before]
    .filter(
      (gone) =>
        !pipeline.aggregations.some(({ name, sizeMs }) => name === gone.name && sizeMs === gone.sizeMs),
    )
    .slice(0, MAX_GONE_AGGREGATIONS);
}

function closedFromText(text: StateText): ClosedWindow[] {
  return (text.x ?? []).map(([aggregation, sizeMs, groupBy, window]) => ({
    aggregation,
    sizeMs,
    groupBy,
    ...windowFromText(window, text.n),
  }));
}

function windowToText(window: SourceWindow, names: NameTable): WindowText {
  return [
    window.start,
    window.groups.map(
      (group): GroupText => [
        group.tags,
        group.events,
        group.metrics.map((metric) => metricToText(metric, names)),
      ],
    ),
  ];
}

function windowFromText([start, groups]: WindowText, names: readonly string[]): SourceWindow {
  return {
    start,
    groups: groups.map(([tags, events, metrics]) => ({
      tags,
      events,
      metrics: metrics.map((metric) => metricFromText(metric, names)),
    })),
  };
}

/** Fits a window kept apart by some tags to an aggregation that keeps apart by others: unknown tags are null. */
function regroup(window: SourceWindow, from: readonly string[], to: readonly string[]): SourceWindow {
  if (from.length === to.length && from.every((tag, at) => tag === to[at])) return window;
  const groups = new Map<string, WindowGroup>();
  for (const group of window.groups) {
    const tags = to.map((tag) => group.tags[from.indexOf(tag)] ?? null);
    const into = groups.get(JSON.stringify(tags));
    if (into === undefined) groups.set(JSON.stringify(tags), { ...group, tags });
    else mergeGroup(into, group);
  }
  return { start: window.start, groups: [...groups.values()] };
}

function mergeGroup(into: WindowGroup, group: WindowGroup): void {
  into.events += group.events;
  for (const metric of group.metrics) {
    const same = into.metrics.find(({ name }) => name === metric.name);
    if (same === undefined) into.metrics.push(metric);
    else mergeMetric(same, metric);
  }
}
