// A folder of this machine as a bucket: a file for each object. What is stored is on disk, whole, or not there at all.
import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { StoreError } from '../store-error.ts';
import type { ListedObject, Objects, PutCondition, PutOutcome, StoredObject } from './objects.ts';

/** Files under way: an archive names nothing like it, and what a killed writer left of one is in nobody's way. */
const DRAFT = /~[0-9a-f-]{36}$/;

/** One process at a time may write into a folder: two would not see each other between the look at a file and its replacement. */
export class FolderObjects implements Objects {
  readonly name: string;
  readonly #folder: string;
  /** Replacements of one file wait for each other. */
  #replacing: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.name = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    try {
      const body = await readFile(this.#path(key));
      return { body, tag: tagOf(body) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failure(`get ${key}`, error);
    }
  }

  async put(key: string, body: Uint8Array, condition?: PutCondition): Promise<PutOutcome> {
    const path = this.#path(key);
    const draft = `${path}~${crypto.randomUUID()}`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(draft, body);
      const isStored =
        condition === 'absent'
          ? await linkNew(draft, path)
          : await this.#replace(draft, path, condition?.tag);
      if (isStored) await syncFolder(dirname(path));
      return isStored ? { kind: 'stored', tag: tagOf(body) } : { kind: 'refused' };
    } catch (error) {
      throw this.#failure(`put ${key}`, error);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async *list(prefix: string, after = ''): AsyncIterable<ListedObject> {
    const keys = await this.#keysWithin('', prefix);
    for (const key of keys.sort(byBytes)) {
      if (!key.startsWith(prefix) || byBytes(key, after) <= 0) continue;
      try {
        yield { key, size: (await stat(this.#path(key))).size };
      } catch (error) {
        if (!isMissing(error)) throw this.#failure(`list ${prefix}`, error);
      }
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  /** `tag` undefined: whatever is there. */
  async #replace(draft: string, path: string, tag: string | undefined): Promise<boolean> {
    const turn = this.#replacing.then(async () => {
      if (tag !== undefined && (await tagOfFile(path)) !== tag) return false;
      await rename(draft, path);
      return true;
    });
    this.#replacing = turn.catch(() => {});
    return await turn;
  }

  /** Keys of the files in a folder, and in those below that may hold some with the prefix. */
  async #keysWithin(folder: string, prefix: string): Promise<string[]> {
    let entries: Awaited<ReturnType<typeof entriesOf>>;
    try {
      entries = await entriesOf(join(this.#folder, folder));
    } catch (error) {
      if (isMissing(error)) return [];
      throw this.#failure(`list ${prefix}`, error);
    }
    const keys: string[] = [];
    for (const entry of entries) {
      const key = `${folder}${entry.name}`;
      if (entry.isFile() && !DRAFT.test(key)) keys.push(key);
      const below = `${key}/`;
      if (entry.isDirectory() && (below.startsWith(prefix) || prefix.startsWith(below))) {
        keys.push(...(await this.#keysWithin(below, prefix)));
      }
    }
    return keys;
  }

  #path(key: string): string {
    const parts = key.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
      throw new StoreError(
        'InvalidKey',
        `${this.name}: found the key ${JSON.stringify(key)}, expected names with slashes between them`,
        {
          retryable: false,
        },
      );
    }
    return join(this.#folder, ...parts);
  }

  #failure(what: string, error: unknown): unknown {
    if (!(error instanceof Error && 'code' in error)) return error;
    return new StoreError(String(error.code), `${this.name}: ${what}: ${error.message}`, {
      retryable: false,
      cause: error,
    });
  }
}

const entriesOf = (path: string) => readdir(path, { withFileTypes: true });

async function writeWhole(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** False: there is one. */
async function linkNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A name is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function tagOfFile(path: string): Promise<string | undefined> {
  try {
    return tagOf(await readFile(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function tagOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
