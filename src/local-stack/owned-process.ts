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
    const where = options.cwd === undefined ? '' : ` in ${options.cwd}`;
    throw new Error(`${command} could not be started${where}: ${cause.message}`, { cause });
  }
  owned.add(pid);
  tellReaper('+', pid);
  child.once('exit', () => {
    owned.delete(pid);
    tellReaper('-', pid);
  });
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

/** One list and one reaper for this process: they hold what the process started, whoever asked for it. */
const owned = new Set<number>();
let reaper: ChildProcess | undefined;

function tellReaper(sign: '+' | '-', pid: number): void {
  if (reaper === undefined) reaper = startReaper();
  else reaper.stdin?.write(`${sign} ${pid}\n`);
}

/** It knows all that is owned so far. If it is killed, another takes its place. */
function startReaper(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', REAPER_SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = shell;
  for (const pid of owned) stdin.write(`+ ${pid}\n`);
  shell.once('exit', () => {
    reaper = owned.size > 0 ? startReaper() : undefined;
  });
  // A write may find it gone: its exit, which comes too, is what is acted on.
  stdin.on('error', () => {});
  // It must not keep us alive: it waits for our end.
  shell.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return shell;
}
