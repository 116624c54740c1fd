// The aggregates beyond sums and extremes, from all the values there are, each by its definition: exact fractions, sorted
// lists, counted texts. Shares nothing with the sketches it is to be compared with.
import { nearestDouble, toScaled } from './exact-rational.ts';
import type { ReferenceEvent } from './reference-model.ts';

/** Events with the value, in stream order. */
function valuesOf(events: readonly ReferenceEvent[], name: string): readonly number[] {
  return events.flatMap(({ values }) => (Object.hasOwn(values, name) ? [values[name] ?? Number.NaN] : []));
}

/** `Σ(x − mean)² / n` is `(n·Σx² − (Σx)²) / n²`, in multiples of 2^-2148. */
export function varianceOf(events: readonly ReferenceEvent[], name: string): number {
  const scaled = valuesOf(events, name).map(toScaled);
  const count = BigInt(scaled.length);
  const sum = scaled.reduce((total, x) => total + x, 0n);
  const squares = scaled.reduce((total, x) => total + x * x, 0n);
  return nearestDouble(count * squares - sum * sum, (count * count) << 1074n);
}

/** How the increase of a counter is taken in a window. */
export interface ReferenceSteps {
  readonly start: number;
  readonly end: number;
  /** Whether the step from a sample before the window counts in it. */
  readonly carry: boolean;
  readonly dip: number;
}

/**
 * Over all samples of one source in order of event time: the steps whose later sample is in the window and counts by `matches`. What is less
 * than the one before counts whole, unless it is so by a smaller share than `dip`. In multiples of 2^-1074.
 */
export function increaseOf(
  history: readonly ReferenceEvent[],
  name: string,
  { start, end, carry, dip }: ReferenceSteps,
  matches: (event: ReferenceEvent) => boolean = () => true,
): bigint {
  // A stable sort: events of one time stay in stream order.
  const samples = history.filter(({ values }) => Object.hasOwn(values, name)).sort((a, b) => a.time - b.time);
  let total = 0n;
  for (const [at, event] of samples.entries()) {
    const before = samples[at - 1];
    const isIn = start <= event.time && event.time < end && matches(event);
    if (before === undefined || !isIn || (!carry && before.time < start)) continue;
    const [from, to] = [before.values[name] ?? Number.NaN, event.values[name] ?? Number.NaN];
    const isReset = to < from && !(from - to < dip * Math.abs(from));
    total += isReset ? toScaled(to) : toScaled(to) - toScaled(from);
  }
  return total;
}

export function sortedValues(events: readonly ReferenceEvent[], name: string): readonly number[] {
  return [...valuesOf(events, name)].sort((a, b) => a - b);
}

/** How often each text of a field comes. */
export function textCounts(events: readonly ReferenceEvent[], field: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    const text = textOf(event, field);
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

function textOf({ source, id, type, tags, values }: ReferenceEvent, field: string): string | undefined {
  if (field === 'source') return source;
  if (field === 'type') return type;
  if (field === 'id') return id === undefined ? undefined : `${id}`;
  const [, kind, name = ''] = /^(tags|values)\.(.*)$/s.exec(field) ?? [];
  if (kind === 'tags') return Object.hasOwn(tags, name) ? tags[name] : undefined;
  if (!Object.hasOwn(values, name)) return undefined;
  const value = values[name] ?? 0;
  return value === 0 ? '0' : `${value}`;
}
