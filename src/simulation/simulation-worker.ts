// A worker thread: runs the seeds it is sent, and sends back what came of them. What it throws ends it, and is told.
import { parentPort } from 'node:worker_threads';
import { type SeedOutcome, simulateSeed } from './simulate-seed.ts';

export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

parentPort?.on('message', async ({ from, count }: SeedRange) => {
  const outcomes: SeedOutcome[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await simulateSeed(seed);
    outcomes.push(outcome);
    if (outcome.failure !== undefined) break;
  }
  parentPort?.postMessage(outcomes);
});
