// How often a property is tried: the tests say how often it is worth it each time, TEST_RUNS multiplies that. 0.1 is for whoever
// waits for it (`npm run test:quick`), 100 for whoever looks for what a night may find.
const FACTOR = Number(process.env['TEST_RUNS'] ?? 1);
if (!(FACTOR > 0)) throw new Error(`TEST_RUNS: found ${process.env['TEST_RUNS']}, expected a number above 0`);

/** `count`: in each run of all tests. */
export function runs(count: number): number {
  return Math.ceil(count * FACTOR);
}
