// One process a folder: two that append to the same segments would damage them.
//
// The file `lock` says who has it. It is looked at and replaced by one process at a time: whoever wants to puts down a
// claim of its own first, and goes on only when it then sees no other. If two come together, each has put down its
// claim before it looks, so that they cannot both see none. Claims and owners that no longer run count for nothing, and
// since no two claims have one name, taking a dead one away can never take a live one.
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeSelf, isRunning, type LockOwner, parseOwner } from './lock-owner.ts';
import { listenForOthers, socketPath } from './lock-socket.ts';
import { readIfThere } from './read-if-there.ts';

/** Gives what unlocks it. A lock whose process is gone is taken over. @throws where a process that runs has it */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const token = randomUUID();
  const stopListening = await listenForOthers(folder, token);
  const owner = { ...(await describeSelf(token)), listens: stopListening !== undefined };
  try {
    await claim(folder, owner);
    try {
      await take(folder, owner);
    } finally {
      await rm(claimPath(folder, owner), { force: true });
    }
  } catch (error) {
    await stopListening?.();
    throw error;
  }
  return async () => {
    // Not somebody else's, should ours have been deleted.
    if ((await readOwner(lockPath(folder)))?.token === token) await rm(lockPath(folder), { force: true });
    await stopListening?.();
  };
}

/** Resolves when ours is the only claim of a process that runs. */
async function claim(folder: string, owner: LockOwner): Promise<void> {
  for (let attempt = 1; attempt <= MAX_CLAIMS; attempt++) {
    await putDown(claimPath(folder, owner), folder, owner);
    // Where there are several, the one whose token sorts first waits for the others to step back; they come again.
    for (let look = 1; look <= MAX_LOOKS; look++) {
      const others = await claimsBeside(folder, owner);
      if (others.length === 0) return;
      if (others.some((token) => token < owner.token)) break;
      await sleep(PAUSE_MS);
    }
    await rm(claimPath(folder, owner), { force: true });
    await sleep(PAUSE_MS);
  }
  throw new Error(
    `other processes keep asking for the buffer folder ${folder}: give each process its own ` +
      '(if no process uses it, delete the files lock-*.claim in it)',
  );
}

async function claimsBeside(folder: string, self: LockOwner): Promise<string[]> {
  const tokens: string[] = [];
  for (const name of await readdir(folder)) {
    const [, token] = /^lock-([\da-f-]{36})\.claim$/.exec(name) ?? [];
    if (token === undefined || token === self.token) continue;
    const path = join(folder, name);
    const content = await readIfThere(path);
    // Taken back in between: its owner may put it down again, so that nothing of it may be touched.
    if (content === undefined) continue;
    const other = parseOwner(content.toString('utf8'));
    if (other !== undefined && (await isRunning(other, { self, folder }))) {
      tokens.push(token);
      continue;
    }
    await rm(path, { force: true });
    await rm(socketPath(folder, token), { force: true });
  }
  return tokens;
}

async function take(folder: string, owner: LockOwner): Promise<void> {
  const path = lockPath(folder);
  const held = await readOwner(path);
  if (held !== undefined && (await isRunning(held, { self: owner, folder }))) {
    throw new Error(
      `the buffer folder ${folder} is in use by process ${held.pid}: give each process its own ` +
        `(if no process uses it, delete ${path})`,
    );
  }
  if (held !== undefined && held.token !== '') await rm(socketPath(folder, held.token), { force: true });
  await putDown(path, folder, owner);
}

/** Whole or not at all. */
async function putDown(path: string, folder: string, owner: LockOwner): Promise<void> {
  const draft = join(folder, `lock-${owner.token}.draft`);
  await writeFile(draft, `${JSON.stringify(owner)}\n`);
  await rename(draft, path);
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  const content = await readIfThere(path);
  return content === undefined ? undefined : parseOwner(content.toString('utf8'));
}

function lockPath(folder: string): string {
  return join(folder, 'lock');
}

function claimPath(folder: string, { token }: LockOwner): string {
  return join(folder, `lock-${token}.claim`);
}

/** A claim stands for a few milliseconds; a process that is stopped in between is waited for so long: two seconds. */
const PAUSE_MS = 5;
const MAX_LOOKS = 400;
const MAX_CLAIMS = 400;
