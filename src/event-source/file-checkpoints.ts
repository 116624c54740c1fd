// Checkpoints in a folder, one JSON file a mapping, replaced as a whole: a killed process leaves the old file or the
// new one. Not synced to the disk on purpose: a save a batch must be cheap, and at worst a batch comes again.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ShardId } from './brands.ts';
import { parseCheckpoints } from './checkpoint-json.ts';
import type { CheckpointStore, ShardCheckpoint } from './ports.ts';

/** Keeps checkpoints in JSON files in `folder`, one per mapping. Only one process at a time may use the folder for the same mapping. */
export function createFileCheckpoints(folder: string): CheckpointStore {
  const mappings = new Map<string, MappingFile>();
  const opened = async (mapping: string): Promise<MappingFile> => {
    const file =
      mappings.get(mapping) ?? new MappingFile(join(folder, `${encodeURIComponent(mapping)}.json`));
    mappings.set(mapping, file);
    await file.load();
    return file;
  };
  return {
    load: async (mapping) => new Map((await opened(mapping)).shards),
    begin: async (mapping, checkpoints) => (await opened(mapping)).set(checkpoints),
    save: async (mapping, shard, checkpoint) => (await opened(mapping)).set(new Map([[shard, checkpoint]])),
    forget: async (mapping) => {
      const file = await opened(mapping);
      mappings.delete(mapping);
      await file.remove();
    },
  };
}

class MappingFile {
  readonly shards = new Map<ShardId, ShardCheckpoint>();
  readonly #path: string;
  #loaded: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** The write that has not begun yet: it will carry every change made until it does. */
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  load(): Promise<void> {
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  set(checkpoints: ReadonlyMap<ShardId, ShardCheckpoint>): Promise<void> {
    for (const [shard, checkpoint] of checkpoints) this.shards.set(shard, checkpoint);
    this.#next ??= this.#queue();
    return this.#next;
  }

  /** Behind what is being written. */
  async remove(): Promise<void> {
    await this.#writing.catch(() => {}); // told to whoever asked for that write
    await rm(this.#path, { force: true });
  }

  /** Behind the write that runs, whether that succeeds (its own callers hear of it) or not. */
  #queue(): Promise<void> {
    const write = () => {
      this.#next = undefined;
      return this.#write();
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(this.shards), null, 1);
    // each time: somebody may have cleared the folder away
    await mkdir(dirname(this.#path), { recursive: true });
    const draft = `${this.#path}.new`;
    await writeFile(draft, text);
    await rename(draft, this.#path);
  }

  async #read(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
      throw error;
    });
    for (const [shard, checkpoint] of parseCheckpoints(text, this.#path)) this.shards.set(shard, checkpoint);
  }
}
