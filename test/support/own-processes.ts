// Which processes a command has left behind: all that it starts work in its folder or, by TMPDIR, below it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface OwnProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Processes whose working folder is this one or below it, by what Linux tells of them. */
export async function processesIn(folder: string): Promise<OwnProcess[]> {
  const found = await Promise.all(
    (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map((pid) => look(pid, folder)),
  );
  return found.filter((each) => each !== undefined);
}

/** Resolves when nothing works in the folder any more: `tail` ends with the process it is given. */
export async function untilNoneIn(folder: string): Promise<void> {
  for (let left = await processesIn(folder); left.length > 0; left = await processesIn(folder)) {
    await Promise.all(left.map(({ pid }) => untilGone(pid)));
  }
}

export async function untilGone(pid: number): Promise<void> {
  const tail = spawn('/usr/bin/tail', ['-s', '0.05', `--pid=${pid}`, '-f', '/dev/null'], {
    stdio: 'ignore',
    cwd: '/',
  });
  await once(tail, 'exit');
}

/** Undefined: elsewhere, or gone while it was looked at. */
async function look(pid: string, folder: string): Promise<OwnProcess | undefined> {
  try {
    const where = await readlink(`/proc/${pid}/cwd`);
    if (where !== folder && !where.startsWith(`${folder}/`)) return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    const [, parent] = /^PPid:\s*(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    return { pid: Number(pid), parent: Number(parent), command };
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(String(error.code))) return undefined;
    throw error;
  }
}

/** Ended while it was looked at, or somebody else's. */
const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES']);
