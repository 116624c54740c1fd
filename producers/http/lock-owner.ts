// Who has a lock, and whether it still runs. A number of a process alone says neither: after a restart of a machine or a
// container another process has it, and the processes of another container cannot be seen at all.
import { readFile, readlink } from 'node:fs/promises';
import { isListening } from './lock-socket.ts';

export interface LockOwner {
  readonly pid: number;
  /** No two are alike, ever. */
  readonly token: string;
  /** When the process began, in ticks since the machine did. Undefined where the system does not tell (no /proc). */
  readonly start?: string;
  /** Id of the machine's current boot: a new one each time it starts. */
  readonly boot?: string;
  /** In which the process's number means something: each container has its own. */
  readonly pidNamespace?: string;
  /** It listens on the socket of its token for as long as it runs: the kernel answers for it across containers. */
  readonly listens?: boolean;
}

/** This process, as far as the system tells. */
export async function describeSelf(token: string): Promise<LockOwner> {
  const [start, boot, pidNamespace] = await Promise.all([
    startOf(process.pid),
    readIfAny('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => undefined),
  ]);
  return {
    pid: process.pid,
    token,
    ...(start === undefined ? {} : { start }),
    ...(boot === undefined ? {} : { boot }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
  };
}

/** Undefined: half written, or no lock at all. A bare number is an earlier release's. */
export function parseOwner(text: string): LockOwner | undefined {
  if (/^\d+$/.test(text.trim())) return { pid: Number(text), token: '' };
  try {
    const found: unknown = JSON.parse(text);
    return isOwner(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `owner` still runs, as `self` can tell; in doubt it does. */
export async function isRunning(
  owner: LockOwner,
  { self, folder }: { readonly self: LockOwner; readonly folder: string },
): Promise<boolean> {
  // Earlier releases wrote a number only. This process is of no earlier release: somebody else had its number.
  if (owner.token === '') return owner.pid !== self.pid && hasProcess(owner.pid);
  if (owner.boot !== self.boot) return false;
  if (owner.pidNamespace !== self.pidNamespace) {
    return owner.listens !== true || (await isListening(folder, owner.token));
  }
  if (!hasProcess(owner.pid)) return false;
  return owner.start === undefined || owner.start === (await startOf(owner.pid));
}

function hasProcess(pid: number): boolean {
  if (!(pid > 0 && pid < 2 ** 31)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The 22nd field; the second one, a name in brackets, may hold anything. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readIfAny(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

function isOwner(found: unknown): found is LockOwner {
  if (typeof found !== 'object' || found === null) return false;
  const { pid, token } = { pid: undefined, token: undefined, ...found };
  return typeof pid === 'number' && typeof token === 'string' && token !== '';
}
