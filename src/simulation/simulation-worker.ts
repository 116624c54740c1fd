// A worker thread: runs the seeds it is sent, and sends back what came of them. An error ends it, and is reported.
import { parentPort, workerData } from 'node:worker_threads';
import { loadParts } from './load-parts.ts';
import { type SeedOutcome, simulateSeed } from './simulate-seed.ts';

export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

export interface WorkerSettings {
  /** URL of a module whose `replacements` stand in place of real parts. */
  readonly partsModule: string | undefined;
}

const { partsModule }: WorkerSettings = workerData;
const parts = loadParts(partsModule);

parentPort?.on('message', async ({ from, count }: SeedRange) => {
  const outcomes: SeedOutcome[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await simulateSeed(seed, await parts);
    outcomes.push(outcome);
    if (outcome.failure !== undefined) break;
  }
  parentPort?.postMessage(outcomes);
});
