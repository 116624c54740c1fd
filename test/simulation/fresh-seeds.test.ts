// Seeds that nobody has run before, some more at each run of the tests.
import { expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';

/** `npm run test:nightly` tries ten thousand. */
const SEEDS = 10;

test(`every law holds for ${SEEDS} fresh seeds`, async () => {
  const from = Math.floor(Date.now() / 1_000) * SEEDS;
  console.log(`tidemill simulate --from ${from} --seeds ${SEEDS}`);
  for (let seed = from; seed < from + SEEDS; seed += 1) {
    const { violation } = await runPlan(makePlan(seed));
    const broken = violation === undefined ? undefined : `${violation.law}: ${violation.detail}`;
    expect({ seed, broken }).toEqual({ seed, broken: undefined });
  }
}, 600_000);
