// Seeds in the order of what their runs take, roughly: whoever looks for one that finds something begins with the small plans.
import { makePlan } from '../../src/simulation/make-plan.ts';

/** All from 1 to `count`, those with the fewest records and faults first. */
export function cheapestSeeds(count: number): readonly number[] {
  const sized = Array.from({ length: count }, (_, at) => {
    const { records, faults } = makePlan(at + 1);
    return { seed: at + 1, size: records.length + faults.length };
  });
  return sized.sort((a, b) => a.size - b.size).map(({ seed }) => seed);
}
