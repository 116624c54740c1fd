// Appends to one segment file. What a failed sync leaves is not known: such a file is never written or answered for again.
import { type FileHandle, open } from 'node:fs/promises';
import type { FileOpener } from './disk-buffer-options.ts';

export class SegmentWriter {
  readonly #file: FileHandle;
  #size: number;
  #failure: unknown;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** `sync`: the new file's name is on the disk as well. */
  static async create(
    path: string,
    {
      folder,
      openFile,
      sync,
    }: { readonly folder: string; readonly openFile: FileOpener; readonly sync: boolean },
  ): Promise<SegmentWriter> {
    const file = await openFile(path, 'w+');
    try {
      if (sync) await syncFolder(folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new SegmentWriter(file, 0);
  }

  static async goOn(path: string, size: number, openFile: FileOpener): Promise<SegmentWriter> {
    return new SegmentWriter(await openFile(path, 'r+'), size);
  }

  get failure(): unknown {
    return this.#failure;
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size + done);
        if (bytesWritten === 0) throw new Error(`wrote ${done} of ${bytes.length} bytes`);
        done += bytesWritten;
      }
    } catch (error) {
      await this.#cutOff(error);
      throw error;
    }
    this.#size += bytes.length;
  }

  /** Where it cannot be cut off, half a frame stays at the end, and the next one needs another file. */
  async #cutOff(cause: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#size);
    } catch {
      this.#failure = cause;
    }
  }

  async sync(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
