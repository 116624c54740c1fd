import fc from 'fast-check';
import type { DeliveryStep } from './deliverer.ts';

/** What delivery may do beside handing over the next batch. */
export type Trouble = Exclude<DeliveryStep['kind'], 'deliver' | 'resume'>;

/** Steps of a delivery: plain ones, and those troubles asked for. `containers`: how many take turns. */
export function arbitrarySteps(
  troubles: readonly Trouble[],
  { containers = 3 } = {},
): fc.Arbitrary<DeliveryStep[]> {
  const common = { lane: fc.nat({ max: 1 }), container: fc.nat({ max: containers - 1 }) };
  const length = fc.integer({ min: 1, max: 8 });
  const kinds = {
    redeliver: fc.record({
      ...common,
      kind: fc.constant('redeliver' as const),
      back: fc.integer({ min: 1, max: 30 }),
      length,
    }),
    stall: fc.oneof(
      fc.record({ ...common, kind: fc.constant('stall' as const), length, passes: fc.nat({ max: 3 }) }),
      fc.record({ ...common, kind: fc.constant('resume' as const) }),
    ),
    replace: fc.record({ ...common, kind: fc.constant('replace' as const) }),
  };
  const deliver = fc.record({ ...common, kind: fc.constant('deliver' as const), length });
  const step = fc.oneof(
    { weight: 3, arbitrary: deliver },
    ...troubles.map((trouble) => ({ weight: trouble === 'replace' ? 1 : 2, arbitrary: kinds[trouble] })),
  );
  return fc.array(step, { maxLength: 30, size: 'max' });
}

/** Enough for many calls to go wrong in a row, and at last none. */
export const arbitraryFaults: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 119 }), {
  maxLength: 80,
  size: 'max',
});
