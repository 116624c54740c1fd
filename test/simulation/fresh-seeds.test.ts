// Seeds that nobody has run before, some more at each run of the tests.
import { expect, test } from 'vitest';
import { describeFailure } from '../../src/simulation/describe-failure.ts';
import { simulateSeeds } from '../../src/simulation/simulate-seeds.ts';

/** `npm run test:nightly` tries ten thousand. */
const SEEDS = 25;

test(`every law holds for ${SEEDS} fresh seeds`, async () => {
  const from = Math.floor(Date.now() / 1_000) * SEEDS;
  console.log(`tidemill simulate --from ${from} --seeds ${SEEDS}`);
  const { seeds, failures } = await simulateSeeds({ from, seeds: SEEDS });
  expect(failures.map(describeFailure).join('\n')).toBe('');
  expect(seeds).toBe(SEEDS);
});
