// Folders that take long to make, kept for whoever needs the same again: each under a key that says all it was made of.
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Several pipelines and a branch or two; what was used least lately goes. */
const MOST_KEPT = 12;

const MAKING = 'making-';

/** Whether there is, or can be, such a folder: packages may be installed where this user cannot write. */
export async function canKeepIn(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (isCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) return false;
    throw error;
  }
}

export interface KeptFolders {
  readonly folder: string;
  /** Fills the folder that it is given. */
  readonly make: (folder: string) => Promise<void>;
  /** Whether what was made while it may have changed is still what the key says. */
  readonly isStill: (key: string) => Promise<boolean>;
}

/**
 * Hands the folder of that key to `use`, which must not change it. What is made is there whole or not at all, whoever makes it
 * beside us.
 */
export async function withKept<T>(
  key: string,
  { folder, make, isStill }: KeptFolders,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const kept = join(folder, key);
  if (await touch(kept)) return await use(kept);
  const made = await mkdtemp(join(folder, MAKING));
  try {
    await make(made);
    const used = await use(made);
    if (await isStill(key)) await keep(made, kept);
    return used;
  } finally {
    await rm(made, { recursive: true, force: true });
    await removeOldest(folder);
  }
}

/** Whether it is there; it is then the latest used. */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  return await orMissing(
    utimes(path, now, now).then(() => true),
    false,
  );
}

/** Another may have kept the same meanwhile. */
async function keep(made: string, kept: string): Promise<void> {
  try {
    await rename(made, kept);
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

/** Those being made count too: one that was left by a run that was killed grows old like all others. */
async function removeOldest(folder: string): Promise<void> {
  const aged = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      return {
        path,
        usedMs: await orMissing(
          stat(path).then(({ mtimeMs }) => mtimeMs),
          0,
        ),
      };
    }),
  );
  const old = aged.sort((a, b) => b.usedMs - a.usedMs).slice(MOST_KEPT);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}

async function orMissing<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return otherwise;
    throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
