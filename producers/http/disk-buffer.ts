// An ordered, bounded buffer on disk that survives a crash: segments that are only appended to, and a note of how far
// their records have been taken. What was taken but not yet noted is taken again: takers must not mind.
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { encodeRecord, recordBytes, scanRecord } from './segment-records.ts';

export interface DiskBufferOptions {
  readonly folder: string;
  /** Bytes of all segments at most: beyond it `append` says that there is no room. */
  readonly maxBytes: number;
  /** A segment that has grown to this is followed by a new one; one whose records are all taken is deleted. */
  readonly segmentBytes: number;
  /**
   * `always`: an appended record is on the disk, past every cache, before `append` resolves; appends that come together
   * share one sync. `never`: it is with the operating system: it survives the process's end, not the machine's.
   */
  readonly fsync: 'always' | 'never';
}

interface Position {
  readonly segment: number;
  readonly offset: number;
}

export interface Taken {
  readonly payloads: readonly Buffer[];
  /** For `release`. */
  readonly until: Position;
}

export interface DiskBufferStats {
  /** Records waiting. */
  readonly records: number;
  /** Records found when it was opened, and written since. */
  readonly found: number;
  readonly appended: number;
  /** Bytes that the waiting records and those not yet deleted take on disk. */
  readonly bytes: number;
  /** Found damaged, or torn anywhere but at the end: lost. */
  readonly damaged: number;
}

export class DiskBuffer {
  readonly #options: DiskBufferOptions;
  readonly #unlock: () => Promise<void>;
  /** Bytes by segment number, oldest first; the last one is written. */
  readonly #segments = new Map<number, number>();
  #taken: Position = { segment: 0, offset: 0 };
  #writer: { readonly segment: number; readonly file: FileHandle } | undefined;
  /** Bytes of appends that are not written yet: they have their room already. */
  #reserved = 0;
  #records = 0;
  #found = 0;
  #appended = 0;
  #damaged = 0;
  /** Appends and releases, one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #syncing: { readonly done: Promise<void>; started: boolean } | undefined;

  private constructor(options: DiskBufferOptions, unlock: () => Promise<void>) {
    this.#options = options;
    this.#unlock = unlock;
  }

  /** Finds what an earlier process left. @throws where another process has the folder, or it cannot be used */
  static async open(options: DiskBufferOptions): Promise<DiskBuffer> {
    await mkdir(options.folder, { recursive: true });
    const buffer = new DiskBuffer(options, await lockFolder(options.folder));
    try {
      await buffer.#recover();
    } catch (error) {
      await buffer.#unlock();
      throw error;
    }
    return buffer;
  }

  stats(): DiskBufferStats {
    return {
      records: this.#records,
      found: this.#found,
      appended: this.#appended,
      bytes: this.#bytes(),
      damaged: this.#damaged,
    };
  }

  hasRoomFor(payload: Buffer): boolean {
    return this.#bytes() + this.#reserved + recordBytes(payload) <= this.#options.maxBytes;
  }

  /** Resolves when the record is as safe as `fsync` says. Records are kept in the order of the calls. */
  async append(payload: Buffer): Promise<void> {
    const record = encodeRecord(payload);
    this.#reserved += record.length;
    await this.#inTurn(() => this.#write(record)).finally(() => {
      this.#reserved -= record.length;
    });
    if (this.#options.fsync === 'always') await this.#sync();
  }

  /** The oldest records that have not been released: at least one if there is any, else within both bounds. */
  async peek({
    maxRecords,
    maxBytes,
  }: {
    readonly maxRecords: number;
    readonly maxBytes: number;
  }): Promise<Taken> {
    const payloads: Buffer[] = [];
    let bytes = 0;
    let until = this.#taken;
    for (const [segment, size] of this.#segments) {
      if (segment < until.segment) continue;
      const content = await this.#read(segment, size);
      let offset = segment === until.segment ? until.offset : 0;
      for (;;) {
        const record = scanRecord(content, offset);
        if (record === undefined || record.kind === 'torn') break;
        if (record.kind === 'whole') {
          bytes += record.payload.length;
          if (payloads.length === maxRecords || (payloads.length > 0 && bytes > maxBytes)) {
            return { payloads, until };
          }
          payloads.push(record.payload);
        }
        offset = record.end;
        until = { segment, offset };
      }
    }
    return { payloads, until };
  }

  /** The records that were taken are done with: they are not given again, also after a crash. */
  async release({ payloads, until }: Taken): Promise<void> {
    await this.#inTurn(async () => {
      this.#taken = until;
      this.#records -= payloads.length;
      await this.#notePosition();
      for (const segment of [...this.#segments.keys()]) {
        if (segment >= until.segment) break;
        this.#segments.delete(segment);
        await rm(this.#path(segment), { force: true });
      }
      const size = this.#segments.get(until.segment) ?? 0;
      // A full one whose records are all taken goes as well, so that an idle buffer takes no room.
      if (until.offset >= size && size >= this.#options.segmentBytes) await this.#retire(until.segment);
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#writer?.file.close();
      this.#writer = undefined;
    });
    await this.#unlock();
  }

  #bytes(): number {
    let bytes = 0;
    for (const size of this.#segments.values()) bytes += size;
    return bytes;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#work.then(work, work);
    this.#work = next.catch(() => {}); // Whoever asked hears of it; the next in turn does not mind.
    return next;
  }

  async #write(record: Buffer): Promise<void> {
    const { segment, file } = await this.#openWriter();
    const size = this.#segments.get(segment) ?? 0;
    try {
      const { bytesWritten } = await file.write(record, 0, record.length, size);
      if (bytesWritten < record.length) throw new Error(`wrote ${bytesWritten} of ${record.length} bytes`);
    } catch (error) {
      // Half a record (a full disk) must not stand before the next one.
      await file.truncate(size);
      throw error;
    }
    this.#segments.set(segment, size + record.length);
    this.#records += 1;
    this.#appended += 1;
  }

  async #openWriter(): Promise<{ readonly segment: number; readonly file: FileHandle }> {
    const last = [...this.#segments.keys()].at(-1);
    const full = last === undefined || (this.#segments.get(last) ?? 0) >= this.#options.segmentBytes;
    if (this.#writer !== undefined && !full) return this.#writer;
    if (this.#writer !== undefined) {
      if (this.#options.fsync === 'always') await this.#writer.file.datasync();
      await this.#writer.file.close();
    }
    const segment = full ? Math.max(last ?? 0, this.#taken.segment) + 1 : last;
    const file = await open(this.#path(segment), full ? 'w+' : 'r+');
    this.#segments.set(segment, this.#segments.get(segment) ?? 0);
    this.#writer = { segment, file };
    if (full) await this.#syncFolder();
    return this.#writer;
  }

  async #retire(segment: number): Promise<void> {
    if (this.#writer?.segment === segment) {
      await this.#writer.file.close();
      this.#writer = undefined;
    }
    this.#segments.delete(segment);
    await rm(this.#path(segment), { force: true });
  }

  /** One sync for all appends that wait; those that come while one is under way need the next. */
  async #sync(): Promise<void> {
    if (this.#syncing !== undefined && !this.#syncing.started) return await this.#syncing.done;
    const before = this.#syncing?.done ?? Promise.resolve();
    const sync = { done: Promise.resolve(), started: false };
    sync.done = before
      .catch(() => {})
      .then(() =>
        this.#inTurn(async () => {
          sync.started = true;
          await this.#writer?.file.datasync();
        }),
      )
      .finally(() => {
        if (this.#syncing === sync) this.#syncing = undefined;
      });
    this.#syncing = sync;
    await sync.done;
  }

  async #recover(): Promise<void> {
    const names = await readdir(this.#options.folder);
    const numbers = names.flatMap((name) => {
      const [, number] = /^segment-(\d{12})$/.exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    this.#taken = (await this.#readPosition()) ?? { segment: 0, offset: 0 };
    const sorted = numbers.sort((a, b) => a - b);
    for (const segment of sorted) {
      if (segment < this.#taken.segment) {
        await rm(this.#path(segment), { force: true });
        continue;
      }
      await this.#recoverSegment(segment, segment === sorted.at(-1));
    }
    this.#found = this.#records;
  }

  async #recoverSegment(segment: number, isLast: boolean): Promise<void> {
    const content = await readFile(this.#path(segment));
    let offset = segment === this.#taken.segment ? Math.min(this.#taken.offset, content.length) : 0;
    for (;;) {
      const record = scanRecord(content, offset);
      if (record === undefined) break;
      if (record.kind === 'torn') {
        // At the very end it is what a crash leaves of a record that was never answered for.
        if (!isLast) this.#damaged += 1;
        const file = await open(this.#path(segment), 'r+');
        await file.truncate(offset);
        await file.close();
        break;
      }
      if (record.kind === 'whole') this.#records += 1;
      else this.#damaged += 1;
      offset = record.end;
    }
    this.#segments.set(segment, offset);
  }

  async #read(segment: number, size: number): Promise<Buffer> {
    const content = await readFile(this.#path(segment));
    // Appended since: not part of this look.
    return content.subarray(0, size);
  }

  async #notePosition(): Promise<void> {
    const path = join(this.#options.folder, POSITION);
    const file = await open(`${path}.draft`, 'w');
    await file.write(encodeRecord(Buffer.from(JSON.stringify(this.#taken))));
    if (this.#options.fsync === 'always') await file.datasync();
    await file.close();
    await rename(`${path}.draft`, path);
  }

  /** Undefined: none, or damaged: then everything there is is given again. */
  async #readPosition(): Promise<Position | undefined> {
    let content: Buffer;
    try {
      content = await readFile(join(this.#options.folder, POSITION));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const record = scanRecord(content, 0);
    return record?.kind === 'whole' ? JSON.parse(record.payload.toString('utf8')) : undefined;
  }

  async #syncFolder(): Promise<void> {
    if (this.#options.fsync !== 'always') return;
    const folder = await open(this.#options.folder, 'r');
    await folder.sync();
    await folder.close();
  }

  #path(segment: number): string {
    return join(this.#options.folder, `segment-${String(segment).padStart(12, '0')}`);
  }
}

const POSITION = 'position';
