import type { SeriesWindow } from '../stored-window.ts';

/** Sums differ in their last digits by the order in which sources came together. */
const RELATIVE = 1e-9;

/** Whether two windows show users the same; what shows how they came about, such as the revision, is ignored. */
export function isSameWindow(a: SeriesWindow, b: SeriesWindow): boolean {
  return (
    a.start === b.start && a.end === b.end && a.events === b.events && isSame(contentsOf(a), contentsOf(b))
  );
}

function contentsOf({ metrics, distinct, topK }: SeriesWindow): readonly unknown[] {
  return [metrics, distinct, topK];
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return (
      a === b ||
      Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b)) ||
      (Number.isNaN(a) && Number.isNaN(b))
    );
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [entriesOf(a), entriesOf(b)];
  return (
    left.size === right.size &&
    [...left].every(([name, value]) => right.has(name) && isSame(value, right.get(name)))
  );
}

/** What is undefined is not there. */
function entriesOf(value: object): ReadonlyMap<string, unknown> {
  const entries: readonly (readonly [unknown, unknown])[] =
    value instanceof Map ? [...value] : Object.entries(value);
  return new Map(
    entries.filter(([, each]) => each !== undefined).map(([name, each]) => [String(name), each]),
  );
}
