// Many seeds, on as many threads as there are cores. The first that fails ends it: the others end what they are at.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedFailure, SeedOutcome } from './simulate-seed.ts';
import type { SeedRange, WorkerSettings } from './simulation-worker.ts';

export interface SimulateSeedsOptions {
  readonly from: number;
  readonly seeds: number;
  readonly onProgress?: (report: SimulationReport) => void;
  /** Ends it early, with what there is by then. */
  readonly signal?: AbortSignal;
  /** A module whose `replacements` stand in place of real parts; default: none do. */
  readonly partsModule?: URL | undefined;
}

export interface SimulationReport {
  readonly from: number;
  /** How many ran. */
  readonly seeds: number;
  readonly events: number;
  readonly invocations: number;
  readonly virtualMs: number;
  readonly elapsedMs: number;
  /** By seed. */
  readonly failures: readonly SeedFailure[];
}

/** Seeds a thread gets at once: few enough that all threads end at about the same time. */
const SEEDS_AT_ONCE = 8;

export async function simulateSeeds(options: SimulateSeedsOptions): Promise<SimulationReport> {
  const { from, seeds, onProgress, signal, partsModule } = options;
  const startedMs = performance.now();
  const outcomes: SeedOutcome[] = [];
  let next = from;
  let isOver = false;
  const report = () => reportOf(from, outcomes, performance.now() - startedMs);
  const take = (): SeedRange | undefined => {
    const count = Math.min(SEEDS_AT_ONCE, from + seeds - next);
    if (isOver || count <= 0 || signal?.aborted === true) return undefined;
    next += count;
    return { from: next - count, count };
  };
  const note = (ran: readonly SeedOutcome[]) => {
    outcomes.push(...ran);
    isOver ||= ran.some(({ failure }) => failure !== undefined);
    onProgress?.(report());
  };
  const threads = Math.min(availableParallelism(), Math.ceil(seeds / SEEDS_AT_ONCE));
  await Promise.all(Array.from({ length: threads }, () => runThread(take, note, partsModule)));
  return report();
}

async function runThread(
  take: () => SeedRange | undefined,
  note: (outcomes: readonly SeedOutcome[]) => void,
  partsModule: URL | undefined,
): Promise<void> {
  const settings: WorkerSettings = { partsModule: partsModule?.href };
  const worker = new Worker(
    new URL(`./simulation-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    { workerData: settings },
  );
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread of the simulation ended with code ${code}`)));
  });
  failed.catch(() => {});
  try {
    for (let range = take(); range !== undefined; range = take()) {
      const answered = new Promise<readonly SeedOutcome[]>((resolve) => worker.once('message', resolve));
      worker.postMessage(range);
      note(await Promise.race([answered, failed]));
    }
  } finally {
    await worker.terminate();
  }
}

function reportOf(from: number, outcomes: readonly SeedOutcome[], elapsedMs: number): SimulationReport {
  const sum = (figure: (outcome: SeedOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + figure(outcome), 0);
  return {
    from,
    seeds: outcomes.length,
    events: sum(({ events }) => events),
    invocations: sum(({ invocations }) => invocations),
    virtualMs: sum(({ durationMs }) => durationMs),
    elapsedMs: Math.round(elapsedMs),
    failures: outcomes
      .flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
      .sort((a, b) => a.seed - b.seed),
  };
}
