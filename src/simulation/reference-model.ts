// The semantics of tumbling windows, written down as plainly as they read and sharing nothing with what they check:
// the whole history is kept and searched, sums are exact integers. Slow, and meant to be obviously right.
import { nearestDouble, toScaled } from './exact-rational.ts';

export interface ReferenceEvent {
  readonly source: string;
  readonly id: string | undefined;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ReferenceRules {
  readonly dedupeHorizonMs: number;
  readonly aggregations: readonly {
    readonly name: string;
    readonly sizeMs: number;
    readonly allowedLatenessMs: number;
    /** Value names taken; undefined takes all. */
    readonly values: ReadonlySet<string> | undefined;
  }[];
}

export interface ReferenceVerdict {
  readonly event: ReferenceEvent;
  readonly verdict: 'applied' | 'duplicate' | 'late';
  /** Names of the aggregations it was folded into. */
  readonly appliedTo: readonly string[];
}

export interface ReferenceMetric {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first: number;
  readonly last: number;
}

export interface ReferenceWindow {
  readonly source: string;
  readonly aggregation: string;
  readonly start: number;
  readonly events: number;
  readonly metrics: ReadonlyMap<string, ReferenceMetric>;
}

/** One verdict an event, in stream order. Each source has a time of its own. */
export function judge(stream: readonly ReferenceEvent[], rules: ReferenceRules): ReferenceVerdict[] {
  const history: ReferenceVerdict[] = [];
  for (const event of stream) {
    const own = history.filter((past) => past.event.source === event.source);
    const maxTimeBefore = Math.max(-Infinity, ...own.map((past) => past.event.time));
    const maxTime = Math.max(maxTimeBefore, event.time);
    const isDuplicate = own.some(
      (past) =>
        past.verdict === 'applied' &&
        past.event.id !== undefined &&
        past.event.id === event.id &&
        past.event.time >= maxTime - rules.dedupeHorizonMs,
    );
    if (isDuplicate) {
      history.push({ event, verdict: 'duplicate', appliedTo: [] });
      continue;
    }
    const appliedTo = rules.aggregations
      .filter(
        ({ sizeMs, allowedLatenessMs }) =>
          windowStart(event.time, sizeMs) + sizeMs + allowedLatenessMs > maxTimeBefore,
      )
      .map(({ name }) => name);
    history.push({ event, verdict: appliedTo.length > 0 ? 'applied' : 'late', appliedTo });
  }
  return history;
}

/** The windows of every source once everything is closed. */
export function finalWindows(judged: readonly ReferenceVerdict[], rules: ReferenceRules): ReferenceWindow[] {
  return rules.aggregations.flatMap((aggregation) => {
    const applied = judged.filter(({ appliedTo }) => appliedTo.includes(aggregation.name));
    const sources = [...new Set(applied.map(({ event }) => event.source))];
    return sources.flatMap((source) => {
      const own = applied.map(({ event }) => event).filter((event) => event.source === source);
      const starts = [...new Set(own.map(({ time }) => windowStart(time, aggregation.sizeMs)))];
      return starts.map((start): ReferenceWindow => {
        const inside = own.filter(({ time }) => windowStart(time, aggregation.sizeMs) === start);
        const metrics = metricsOf(inside, aggregation.values);
        return { source, aggregation: aggregation.name, start, events: inside.length, metrics };
      });
    });
  });
}

/** Aggregates by value name of events given in stream order. */
export function metricsOf(
  events: readonly ReferenceEvent[],
  taken: ReadonlySet<string> | undefined,
): ReadonlyMap<string, ReferenceMetric> {
  const names = [...new Set(events.flatMap(({ values }) => Object.keys(values)))];
  return new Map(
    names
      .filter((name) => taken === undefined || taken.has(name))
      .map((name) => [
        name,
        metricOf(
          events.filter(({ values }) => Object.hasOwn(values, name)),
          name,
        ),
      ]),
  );
}

function metricOf(events: readonly ReferenceEvent[], name: string): ReferenceMetric {
  // A stable sort: events of one time stay in the order given.
  const byTime = [...events].sort((a, b) => a.time - b.time).map(({ values }) => values[name] ?? Number.NaN);
  const exact = byTime.reduce((sum, value) => sum + toScaled(value), 0n);
  return {
    count: byTime.length,
    sum: nearestDouble(exact),
    min: Math.min(...byTime),
    max: Math.max(...byTime),
    mean: meanOf(exact, byTime.length),
    first: byTime.at(0) ?? Number.NaN,
    last: byTime.at(-1) ?? Number.NaN,
  };
}

/** The rounded sum divided, also where that sum is beyond the doubles and the quotient is not. */
function meanOf(exact: bigint, count: number): number {
  const sum = nearestDouble(exact);
  return Number.isFinite(sum) ? sum / count : (nearestDouble(exact, 2n ** 64n) / count) * 2 ** 64;
}

export function windowStart(time: number, sizeMs: number): number {
  return Math.floor(time / sizeMs) * sizeMs;
}
