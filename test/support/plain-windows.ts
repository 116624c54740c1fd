// Windows of a minute by a plain computation that shares nothing with the engine.
import type { HandEvent } from './formats-by-hand.ts';

const SIZE_MS = 60_000;

/** By source and start. */
export type PlainWindows = Readonly<Record<string, { count: number; values: Numbers }>>;

export interface PlainNumbers {
  readonly count: number;
  sum: number;
  readonly min: number;
  readonly max: number;
}

type Numbers = Readonly<Record<string, PlainNumbers>>;

export function plainWindows(events: readonly HandEvent[]): PlainWindows {
  const windows: Record<string, { count: number; values: Record<string, PlainNumbers> }> = {};
  const known = new Set<string>();
  for (const { source, id, time, values } of events) {
    if (id !== undefined && known.has(JSON.stringify([source, String(id)]))) continue;
    if (id !== undefined) known.add(JSON.stringify([source, String(id)]));
    const key = `${source} ${Math.floor(time / SIZE_MS) * SIZE_MS}`;
    windows[key] ??= { count: 0, values: {} };
    const window = windows[key];
    window.count += 1;
    for (const [name, value] of Object.entries(values)) {
      const seen = window.values[name];
      window.values[name] = {
        count: (seen?.count ?? 0) + 1,
        sum: (seen?.sum ?? 0) + value,
        min: Math.min(seen?.min ?? value, value),
        max: Math.max(seen?.max ?? value, value),
      };
    }
  }
  return rounded(windows);
}

/** Plain addition differs from the exact sum in the last digits. */
export function rounded<T extends Readonly<Record<string, { values: Numbers }>>>(windows: T): T {
  for (const { values } of Object.values(windows)) {
    for (const numbers of Object.values(values)) numbers.sum = Number(numbers.sum.toPrecision(12));
  }
  return windows;
}
