// Starts processes that end when this one ends, however it ends: a small shell beside us reads a pipe that closes
// with our last breath, SIGKILL included, and kills what is still on its list.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * Like `spawn`, in a process group of its own: Ctrl-C in the terminal reaches this process alone, which then stops its
 * children in order. Rejects when the command cannot be started.
 */
export async function spawnOwned(
  command: string,
  args: readonly string[],
  options: Omit<SpawnOptions, 'detached'>,
): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(command, [...args], { ...options, detached: true });
  const { pid } = child;
  if (pid === undefined) {
    const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new Error(`${command} could not be started: ${cause.message}`, { cause });
  }
  const reaper = startedReaper();
  reaper.stdin?.write(`+ ${pid}\n`);
  child.once('exit', () => reaper.stdin?.write(`- ${pid}\n`));
  return Object.assign(child, { pid });
}

/** Kills the groups of the processes listed once the pipe is closed. `- pid`: ended by itself, off the list. */
const REAPER_SCRIPT = `
pids=" "
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid ";;
    -) rest=" "; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest$p "; done; pids=$rest;;
  esac
done
for p in $pids; do kill -9 "-$p"; done
`;

/** One for this process: it holds nothing but the list of what this process started. */
let reaper: ChildProcess | undefined;

function startedReaper(): ChildProcess {
  if (reaper === undefined) {
    reaper = spawn('/bin/sh', ['-c', REAPER_SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // It must not keep us alive: it waits for our end.
    reaper.unref();
    if (reaper.stdin !== null && 'unref' in reaper.stdin && typeof reaper.stdin.unref === 'function') {
      reaper.stdin.unref();
    }
  }
  return reaper;
}
