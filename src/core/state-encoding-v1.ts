// The first form of a state: JSON. States stored in it are read, and stored in the present form with their next write.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import { USUAL_COUNTERS } from './counter-rules.ts';
import type { Metric } from './metric.ts';
import { emptyMetric } from './metric.ts';
import { RememberedIds } from './remembered-ids.ts';
import type { Letter } from './source-state.ts';
import { NOTHING_CLOSED } from './source-state.ts';
import type { SourceWindow } from './source-window.ts';
import type { StateImage } from './state-image.ts';
import { windowBytes } from './window-bytes.ts';

export const STATE_VERSION_V1 = 1;

/** The parsed JSON, its version checked before. */
export function readStateV1(text: StateText): StateImage {
  const [received, applied, duplicate, late] = text.c;
  return {
    upTo: text.u.map(([shard, sequence, index]) => ({
      stream: undefined,
      shard,
      sequence,
      index,
      rest: 'by-index',
    })),
    maxTime: text.m,
    latestTime: text.m,
    lastArrivalMs: text.a,
    counts: { received, applied, duplicate, late, quarantined: 0 },
    strays: 0,
    ids: RememberedIds.from(idsOf(text.i)),
    aggregations: text.o.map(([name, sizeMs, groupBy, lateEvents, windows, closedBefore]) => ({
      name,
      spec: `t${sizeMs}`,
      groupBy,
      late: lateEvents,
      closedBefore,
      sessionsEnd: 0,
      cut: undefined,
      countedAs: undefined,
      chain: undefined,
      counters: USUAL_COUNTERS,
      trails: new Map(),
      held: { rules: '', trails: new Map() },
      windows: windows.map((window) => windowOf(window, sizeMs, text.n)),
    })),
    gone: (text.g ?? []).map(([name, sizeMs, closedBefore]) => ({
      name,
      spec: `t${sizeMs}`,
      closedBefore,
      sessionsEnd: 0,
    })),
    forgotten: NOTHING_CLOSED,
    closed: (text.x ?? []).map(([aggregation, sizeMs, groupBy, window]) => ({
      aggregation,
      spec: `t${sizeMs}`,
      groupBy,
      ...windowOf(window, sizeMs, text.n),
    })),
    silences: [],
    placesUntilMs: -1,
    letters: (text.l ?? []).map((letter) => ({ ...letter, reason: 'late' })),
    handedOn: undefined,
  };
}

export interface StateText {
  readonly v: number;
  readonly u: readonly (readonly [ShardId, SequenceNumber, number])[];
  readonly m: number;
  readonly a: number;
  readonly c: readonly [number, number, number, number];
  readonly i: string;
  readonly n: readonly string[];
  readonly o: readonly OpenText[];
  readonly g?: readonly (readonly [string, number, EpochMs])[];
  readonly x?: readonly (readonly [string, number, readonly string[], WindowText])[];
  readonly l?: readonly Omit<Letter, 'reason'>[];
}
type OpenText = readonly [string, number, readonly string[], number, readonly WindowText[], EpochMs];
type WindowText = readonly [number, readonly GroupText[]];
type GroupText = readonly [readonly (string | null)[], number, readonly MetricText[]];
/** name, count, min, max, sum, then first and last where they are kept */
export type MetricText =
  | readonly [number, number, number, number, SumText]
  | readonly [number, number, number, number, SumText, SampleText, SampleText];
/** One number, or the parts of the expansion with the overflow first. */
type SumText = number | readonly number[];
type SampleText = readonly [number, number, number] | readonly [number, number, number, string];

function windowOf([start, groups]: WindowText, sizeMs: number, names: readonly string[]): SourceWindow {
  const read = groups.map(([tags, events, metrics]) => ({
    tags,
    events,
    moved: 0,
    metrics: metrics.map((metric) => metricFromV1(metric, names)),
    fields: undefined,
  }));
  return { start, end: start + sizeMs, groups: read, bytes: windowBytes({ groups: read }) };
}

export function metricFromV1(text: MetricText, names: readonly string[]): Metric {
  const [nameIndex, count, min, max, sum, first, last] = text;
  const name = names[nameIndex];
  if (name === undefined) throw new Error(`metric name ${nameIndex} is not among the ${names.length} names`);
  const parts = typeof sum === 'number' ? [0, sum] : sum;
  const rest = parts.slice(1, -1);
  const metric = emptyMetric(name);
  metric.count = count;
  metric.min = min;
  metric.max = max;
  metric.overflow = parts[0] ?? 0;
  metric.rest = rest.length === 0 ? undefined : rest;
  metric.top = parts.at(-1) ?? 0;
  metric.samples = first !== undefined;
  metric.first = first === undefined ? undefined : sampleOf(first);
  metric.last = last === undefined ? undefined : sampleOf(last);
  return metric;
}

function sampleOf([time, order, value, source]: SampleText) {
  return { time, order, value, ...(source === undefined ? {} : { source }) };
}

/** Tokens separated by blanks: the time's difference (base 36), then `:` and the id unless it follows the one before. */
function* idsOf(text: string): Iterable<[id: string, time: EpochMs]> {
  let id = '';
  let time = 0;
  for (const [, dt = '', quoted] of text.matchAll(/(-?[0-9a-z]+)(?::("(?:[^"\\]|\\.)*"))?(?: |$)/g)) {
    time += Number.parseInt(dt, 36);
    id = quoted === undefined ? String(Number(id) + 1) : String(JSON.parse(quoted));
    yield [id, time];
  }
}
