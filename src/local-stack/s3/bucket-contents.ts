// What the buckets of the local server hold: in memory, or as files of a folder, one for each object.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KeptObject {
  readonly key: string;
  readonly body: Buffer;
  /** In quotes, as S3 writes it. */
  readonly etag: string;
  readonly modifiedMs: number;
  readonly contentType: string;
}

export interface BucketContents {
  get(key: string): KeptObject | undefined;
  /** Resolves when it is kept. What is read from then on, and by whom, is what was put last. */
  put(object: KeptObject): Promise<void>;
  remove(key: string): Promise<void>;
  /** In order of their keys as UTF-8 bytes. */
  keys(): readonly string[];
}

/** `folder` undefined: in memory. */
export async function openBucket(folder: string | undefined): Promise<BucketContents> {
  const objects = await keptIn(folder);
  let sorted: string[] | undefined;
  const change = (work: () => void) => {
    work();
    sorted = undefined;
  };
  return {
    get: (key) => objects.get(key),
    async put(object) {
      // At once, so that a condition looked at before holds; then on disk, before anybody is told.
      change(() => objects.set(object.key, object));
      if (folder !== undefined) await keep(folder, object);
    },
    async remove(key) {
      change(() => objects.delete(key));
      if (folder !== undefined) await rm(fileOf(folder, key), { force: true });
    },
    keys: () => {
      sorted ??= [...objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return sorted;
    },
  };
}

/** Keys may be longer than names of files, and hold anything. */
const fileOf = (folder: string, key: string) => join(folder, createHash('sha256').update(key).digest('hex'));

/** A line of JSON with all but the body, and the body. */
async function keep(folder: string, { body, ...head }: KeptObject): Promise<void> {
  const file = fileOf(folder, head.key);
  const draft = `${file}.${crypto.randomUUID()}`;
  await writeFile(draft, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]));
  await rename(draft, file);
}

async function keptIn(folder: string | undefined): Promise<Map<string, KeptObject>> {
  const objects = new Map<string, KeptObject>();
  if (folder === undefined) return objects;
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    // A draft of a run that was ended.
    if (name.includes('.')) await rm(file);
    else {
      const bytes = await readFile(file);
      const end = bytes.indexOf(0x0a);
      const head: Omit<KeptObject, 'body'> = JSON.parse(bytes.toString('utf8', 0, end));
      objects.set(head.key, { ...head, body: bytes.subarray(end + 1) });
    }
  }
  return objects;
}
