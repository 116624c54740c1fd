// Kills function processes in mid-batch, to show that it changes nothing.
import type { Clock } from '../platform/clock.ts';

export interface KillAtRandomOptions {
  /** Processes with an invocation under way, looked up before each kill. */
  readonly busyPids: () => readonly number[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly kills: number;
  /** Mean time before each; default: well within the time a batch takes. */
  readonly meanMs?: number;
  readonly onKill?: (pid: number) => void;
}

/** Kills (SIGKILL) so many processes, each at a random moment of an invocation, until the signal aborts. Returns how many. */
export async function killAtRandom(options: KillAtRandomOptions, signal: AbortSignal): Promise<number> {
  const { busyPids, random, clock, kills, onKill, meanMs = 30 } = options;
  let killed = 0;
  while (killed < kills && !signal.aborted) {
    await clock.sleep(-Math.log(1 - random()) * meanMs, signal);
    const victims = busyPids();
    const victim = victims[Math.floor(random() * victims.length)];
    if (victim === undefined || signal.aborted) continue;
    process.kill(victim, 'SIGKILL');
    killed += 1;
    onKill?.(victim);
  }
  return killed;
}
