// How a pipeline cuts records into parts, as one number: as long as it stays the same, what has an index keeps it.
import { hashText } from '../text-hash.ts';
import type { Shape } from './shape.ts';

/** For a record that was cut in one way and then in another. `cuttingOf` never gives it. */
export const RESUMED = 0;

/** For records that arrived at a time: 32 bits, greater than 0. */
export function cuttingOf(shapes: readonly Shape[], arrivalMs: number): number {
  const texts = shapesAt(shapes, arrivalMs).map(({ cutting }) => cutting);
  return hashText(JSON.stringify(texts)).low || 1;
}

/** The shapes that hold for records that arrived then; where no arrival is known, those that hold in the end. */
export function shapesAt(shapes: readonly Shape[], arrivalMs: number | undefined): readonly Shape[] {
  if (shapes.every(({ fromMs, untilMs }) => fromMs === undefined && untilMs === undefined)) return shapes;
  return shapes.filter(({ fromMs, untilMs }) =>
    arrivalMs === undefined
      ? untilMs === undefined
      : (fromMs ?? Number.NEGATIVE_INFINITY) <= arrivalMs &&
        arrivalMs < (untilMs ?? Number.POSITIVE_INFINITY),
  );
}
