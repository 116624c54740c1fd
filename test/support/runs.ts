// How often a property is tried: the tests say how often it is worth it, TEST_RUNS multiplies that. Without it by day half as often: each
// run tries other cases, and the night sixty times as many (`npm run test:nightly`). 0.05 is for whoever waits (`npm run test:quick`).
const BY_DAY = 0.5;
const FACTOR = Number(process.env['TEST_RUNS'] ?? BY_DAY);
if (!(FACTOR > 0)) throw new Error(`TEST_RUNS: found ${process.env['TEST_RUNS']}, expected a number above 0`);

/** `count`: with TEST_RUNS=1. */
export function runs(count: number): number {
  return Math.ceil(count * FACTOR);
}

/** Where a test asks that something has come about by chance: never fewer. */
export function atLeast(count: number): number {
  return Math.max(count, runs(count));
}
