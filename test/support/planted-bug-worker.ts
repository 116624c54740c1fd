// A thread in which one bug is planted before the simulation is loaded: tries seeds until a law breaks.
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { PlantedBug } from './planted-bugs.ts';

export interface PlantedBugWork {
  readonly bug: PlantedBug;
  readonly seeds: readonly number[];
}

export type PlantedBugFound = { readonly seed: number; readonly law: string } | undefined;

const { bug, seeds }: PlantedBugWork = workerData;
const planted = new URL(`../../${bug.file}`, import.meta.url).href;
let isPlanted = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (url !== planted) return loaded;
    const source = String(loaded.source);
    const [before, after, ...others] = source.split(bug.find);
    if (before === undefined || after === undefined || others.length > 0)
      throw new Error(
        `${bug.file}: found ${JSON.stringify(bug.find)} not once, expected it to be there to be changed`,
      );
    isPlanted = true;
    return { ...loaded, source: `${before}${bug.put}${after}` };
  },
});

const { makePlan } = await import('../../src/simulation/make-plan.ts');
const { runPlan } = await import('../../src/simulation/run-plan.ts');
if (!isPlanted) throw new Error(`${bug.file} was not loaded, expected the simulation to need it`);
parentPort?.postMessage(await firstFound());

async function firstFound(): Promise<PlantedBugFound> {
  for (const seed of seeds) {
    const { violation } = await runPlan(makePlan(seed));
    if (violation !== undefined) return { seed, law: violation.law };
  }
  return undefined;
}
