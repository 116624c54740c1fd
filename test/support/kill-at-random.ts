import type { Clock } from '../../src/event-source/ports.ts';

export interface KillAtRandomOptions {
  /** Processes to choose from, looked up before each kill. */
  readonly pids: () => readonly number[];
  /** Numbers in [0, 1): a seeded generator makes the moments and victims repeatable. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Mean time between kills. */
  readonly meanMs: number;
}

/** Kills (SIGKILL) one process after another at random moments until the signal aborts. Returns how many. */
export async function killAtRandom(options: KillAtRandomOptions, signal: AbortSignal): Promise<number> {
  const { pids, random, clock, meanMs } = options;
  let killed = 0;
  for (;;) {
    await clock.sleep(-Math.log(1 - random()) * meanMs, signal);
    if (signal.aborted) return killed;
    const victims = pids();
    const victim = victims[Math.floor(random() * victims.length)];
    if (victim === undefined) continue;
    process.kill(victim, 'SIGKILL');
    killed += 1;
  }
}
