// Starts processes that end when this one ends, however it ends.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { disown, own } from './reaper.ts';

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
  own({ kind: 'process', pid });
  child.once('exit', () => disown({ kind: 'process', pid }));
  return Object.assign(child, { pid });
}
