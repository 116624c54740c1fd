// What this process has started or made and must not leave behind, however it ends: a small shell beside us reads a pipe
// that closes with our last breath, SIGKILL included, kills the processes still on its list and removes the folders.
import { type ChildProcess, spawn } from 'node:child_process';

export type Owned =
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'folder'; readonly path: string };

/** One list and one reaper for this process: they hold what the process owns, whoever asked for it. */
const owned = new Map<string, Owned>();
let reaper: ChildProcess | undefined;

/** On the list until `disown`: to be called when it is gone. A folder's path has no line break. */
export function own(what: Owned): void {
  owned.set(textOf(what), what);
  tellReaper(`+${textOf(what)}`);
}

export function disown(what: Owned): void {
  owned.delete(textOf(what));
  tellReaper(`-${textOf(what)}`);
}

/** A process is the leader of its group. */
const textOf = (what: Owned) => (what.kind === 'process' ? `p ${what.pid}` : `f ${what.path}`);

/**
 * The folders are its positional parameters, the one kind of list a plain shell has. What is killed may write for a moment
 * longer. PATH may be one with little on it.
 */
const REAPER_SCRIPT = `
PATH="$PATH:/bin:/usr/bin"
pids=" "
set --
while read -r sign item; do
  case $sign in
    +p) pids="$pids$item ";;
    -p) rest=" "; for p in $pids; do [ "$p" = "$item" ] || rest="$rest$p "; done; pids=$rest;;
    +f) set -- "$@" "$item";;
    -f) for f in "$@"; do shift; [ "$f" = "$item" ] || set -- "$@" "$f"; done;;
  esac
done
for p in $pids; do kill -9 "-$p"; done
for attempt in 1 2 3 4 5; do
  if [ $# = 0 ] || rm -rf -- "$@"; then break; fi
  sleep 0.2
done
`;

function tellReaper(line: string): void {
  if (reaper === undefined) reaper = startReaper();
  else reaper.stdin?.write(`${line}\n`);
}

/** It knows all that is owned so far. If it is killed, another takes its place. */
function startReaper(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', REAPER_SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = shell;
  for (const text of owned.keys()) stdin.write(`+${text}\n`);
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
