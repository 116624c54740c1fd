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

/** Over the values in order of event time; what is less than the one before counts whole. Of several lists the sum. */
export function increaseOf(lists: readonly (readonly ReferenceEvent[])[], name: string): number {
  let total = 0n;
  for (const events of lists) {
    // A stable sort: events of one time stay in stream order.
    const values = valuesOf(
      [...events].sort((a, b) => a.time - b.time),
      name,
    );
    for (const [at, value] of values.entries()) {
      const before = values[at - 1];
      if (before === undefined) continue;
      total += value < before ? toScaled(value) : toScaled(value) - toScaled(before);
    }
  }
  return nearestDouble(total);
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
