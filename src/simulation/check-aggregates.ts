// What a window says beyond sums and extremes, against the reference: exactly where that is promised, else within the
// error that is.
import type { MetricSummary } from '../core/metric.ts';
import type { Aggregation, StateRule } from '../core/pipeline/pipeline.ts';
import type { StateSummary } from '../core/state-time.ts';
import { nearestDouble } from './exact-rational.ts';
import type { FoundContents } from './read-state.ts';
import { sortedValues, textCounts, varianceOf } from './reference-aggregates.ts';
import type { ReferenceEvent } from './reference-model.ts';
import type { ReferenceTimes } from './reference-times.ts';
import { hold, holdSame } from './violation.ts';

const LAW_OF_AGGREGATES =
  'every aggregate is what the reference makes of the window’s events, within its error';

export interface ExpectedEvents {
  /** All of the window, in stream order. */
  readonly events: readonly ReferenceEvent[];
  /** Increase of the counter of this name, in multiples of 2^-1074. */
  readonly increaseOf: (name: string) => bigint;
  readonly lengthMs: number;
  /** Times of the state of this name, with the states told apart that the aggregation tells apart. */
  readonly statesOf: (rule: StateRule) => ReferenceTimes;
  /** Mean of the value of this name, weighted by time. */
  readonly weightedMeanOf: (name: string) => number | undefined;
}

export function holdAggregates(
  where: string,
  found: FoundContents,
  expected: ExpectedEvents,
  aggregation: Aggregation,
): void {
  const { keep, distinct, topK, states, weights } = aggregation;
  for (const rule of states)
    holdStates(`${where}, state ${rule.of}`, found.states?.get(rule.of), expected.statesOf(rule));
  if (weights) {
    for (const [name, summary] of found.metrics) {
      const mean = expected.weightedMeanOf(name);
      holdSame(LAW_OF_AGGREGATES, `${where}, ${name}: mean by time`, summary.timeWeightedMean, mean);
    }
  }
  if (keep.squares || keep.increase || keep.quantiles !== undefined) {
    for (const [name, summary] of found.metrics) {
      holdMetric(`${where}, ${name}`, { name, summary }, expected, aggregation);
    }
  }
  for (const { text } of distinct)
    holdDistinct(
      `${where}, distinct ${text}`,
      found.distinct.get(text),
      textCounts(expected.events, text).size,
    );
  for (const { of, k } of topK) {
    const missed = found.topKMissed.get(of.text);
    holdTop(
      `${where}, top ${k} of ${of.text}`,
      { entries: found.topK.get(of.text), missed },
      textCounts(expected.events, of.text),
      k,
    );
  }
}

function holdStates(where: string, found: StateSummary | undefined, expected: ReferenceTimes): void {
  const inOrder = (times: readonly (readonly [string, number])[]) =>
    [...times].sort(([a], [b]) => (a < b ? -1 : 1));
  const ms = (found?.times ?? []).map(({ state = '', ms: own }) => [state, own] as const);
  holdSame(LAW_OF_AGGREGATES, `${where}: ms`, inOrder(ms), inOrder([...expected.ms]));
  holdSame(LAW_OF_AGGREGATES, `${where}: changes`, found?.changes ?? 0, expected.changes);
  holdSame(LAW_OF_AGGREGATES, `${where}: last`, found?.last, expected.last);
  holdSame(LAW_OF_AGGREGATES, `${where}: lasting`, found?.lastingMs ?? 0, expected.lastingMs);
}

function holdMetric(
  where: string,
  { name, summary }: { readonly name: string; readonly summary: Partial<MetricSummary> },
  { events, increaseOf, lengthMs }: ExpectedEvents,
  { keep }: Aggregation,
): void {
  const law = LAW_OF_AGGREGATES;
  if (keep.squares) {
    const variance = varianceOf(events, name);
    holdSame(law, `${where}: variance`, summary.variance, variance);
    holdSame(law, `${where}: standard deviation`, summary.stddev, Math.sqrt(variance));
  }
  if (keep.increase) {
    const increase = nearestDouble(increaseOf(name));
    holdSame(law, `${where}: increase`, summary.increase, increase);
    holdSame(law, `${where}: rate`, summary.rate, increase / (lengthMs / 1_000));
  }
  if (keep.quantiles === undefined) return;
  const sorted = sortedValues(events, name);
  for (const [share, found] of [
    [0.5, summary.p50],
    [0.9, summary.p90],
    [0.95, summary.p95],
    [0.99, summary.p99],
  ] as const) {
    holdQuantile(`${where}: quantile ${share}`, found, { sorted, share, relativeError: keep.quantiles });
  }
}

function holdQuantile(
  where: string,
  found: number | undefined,
  {
    sorted,
    share,
    relativeError,
  }: { readonly sorted: readonly number[]; readonly share: number; readonly relativeError: number },
): void {
  const exact = sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  const [least = Number.NaN, most = Number.NaN] = [sorted.at(0), sorted.at(-1)];
  const isWithin =
    found !== undefined &&
    found >= least &&
    found <= most &&
    // Half a step of the least doubles may be more than the error.
    Math.abs(found - exact) <= Math.max(relativeError * Math.abs(exact) * (1 + ROUNDING), Number.MIN_VALUE);
  hold(LAW_OF_AGGREGATES, isWithin, () => {
    return `${where}: found ${found}, expected ${exact} within ${relativeError}, between ${least} and ${most}`;
  });
}

const ROUNDING = 1e-9;

function holdDistinct(where: string, found: number | undefined, exact: number): void {
  // Where two texts fall into one of the 4,096 registers one of them is not seen.
  const slack = exact <= EXACT_UP_TO ? 0 : Math.max(LEAST_SLACK, SLACK * exact);
  const isWithin = found !== undefined && Math.abs(found - exact) <= slack && (exact === 0 || found > 0);
  hold(LAW_OF_AGGREGATES, isWithin, () => {
    return `${where}: found ${found}, expected ${exact}, give or take ${slack}`;
  });
}

const EXACT_UP_TO = 1;
const LEAST_SLACK = 3;
/** Five standard errors. */
const SLACK = 0.08;

function holdTop(
  where: string,
  found: {
    readonly entries: readonly (readonly [text: string, count: number])[] | undefined;
    readonly missed: number | undefined;
  },
  counts: ReadonlyMap<string, number>,
  k: number,
): void {
  const { entries, missed = Number.NaN } = found;
  if (counts.size <= COUNTERS_PER_PLACE * k) {
    const exact = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, k);
    holdSame(LAW_OF_AGGREGATES, where, entries, exact);
    holdSame(LAW_OF_AGGREGATES, `${where}, missed`, missed, 0);
    return;
  }
  for (const [text, count] of entries ?? []) {
    const exact = counts.get(text) ?? 0;
    hold(LAW_OF_AGGREGATES, count <= exact && count >= exact - missed, () => {
      return `${where}, ${text}: found ${count}, expected ${exact}, or up to ${missed} less`;
    });
  }
}

const COUNTERS_PER_PLACE = 8;
