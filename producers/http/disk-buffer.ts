// An ordered, bounded buffer on disk that survives a crash and a bad disk: segments that are only appended to, and a note
// of how far their records have been taken. What was taken but not yet noted is taken again: takers must not mind.
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskBufferOptions } from './disk-buffer-options.ts';
import { lockFolder } from './folder-lock.ts';
import { readPosition, writePosition } from './position-note.ts';
import { readIfThere } from './read-if-there.ts';
import { encodeFrame, frameBytes } from './segment-frames.ts';
import { SegmentWriter } from './segment-writer.ts';
import { type Position, type SegmentName, type Survey, surveySegment } from './survey-segment.ts';

export type { DiskBufferOptions } from './disk-buffer-options.ts';

interface Segment extends SegmentName {
  readonly path: string;
  size: number;
  /** Records in it that are whole and not released. */
  waiting: number;
  /** Another frame can follow what is there. */
  isClean: boolean;
}

export interface Taken {
  readonly payloads: readonly Buffer[];
  /** For `release`. */
  readonly until: Position;
  /** Path of the segment of each. */
  readonly from: readonly string[];
}

export interface DiskBufferStats {
  /** Records waiting: `found + appended − released − lost`. */
  readonly records: number;
  /** Records found whole when it was opened, and written since. */
  readonly found: number;
  readonly appended: number;
  /** Bytes that the waiting records and those not yet deleted take on disk. */
  readonly bytes: number;
  /** Records that the disk has damaged, found when it was opened or since. Behind damage at the very end: one at least. */
  readonly damaged: number;
  /** Those of them that had been found or appended: damaged since. */
  readonly lost: number;
}

export class DiskBuffer {
  readonly #options: Required<DiskBufferOptions>;
  readonly #unlock: () => Promise<void>;
  /** Oldest first; those of earlier releases before all others. The last one is written. */
  #segments: Segment[] = [];
  #taken: Position = { segment: 0, offset: 0, next: 1 };
  #nextNumber = 1;
  #writer: { readonly segment: Segment; readonly file: SegmentWriter } | undefined;
  /** Bytes of appends that are not written yet: they have their room already. */
  #reserved = 0;
  #records = 0;
  #found = 0;
  #appended = 0;
  #damaged = 0;
  #lost = 0;
  /** Appends and releases, one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #syncing: { readonly done: Promise<void>; started: boolean } | undefined;

  private constructor(options: DiskBufferOptions, unlock: () => Promise<void>) {
    this.#options = { openFile: open, ...options };
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
      lost: this.#lost,
    };
  }

  hasRoomFor(payload: Buffer): boolean {
    return this.#bytes() + this.#reserved + frameBytes(payload) <= this.#options.maxBytes;
  }

  /**
   * Resolves when the record is as safe as `fsync` says. Records are kept in the order of the calls. Rejects where the
   * disk is full (then nothing of it is kept) or a sync fails (then it may be given all the same, or be lost).
   */
  async append(payload: Buffer): Promise<void> {
    const bytes = frameBytes(payload);
    this.#reserved += bytes;
    const file = await this.#inTurn(() => this.#write(payload)).finally(() => {
      this.#reserved -= bytes;
    });
    if (this.#options.fsync === 'never') return;
    await this.#sync();
    if (file.failure !== undefined) throw file.failure;
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
    const from: string[] = [];
    let bytes = 0;
    let until = this.#taken;
    for (const segment of [...this.#segments]) {
      if (segment.waiting === 0) continue;
      for (const record of await this.#look(segment, until)) {
        bytes += record.payload.length;
        if (payloads.length === maxRecords || (payloads.length > 0 && bytes > maxBytes)) {
          return { payloads, until, from };
        }
        payloads.push(record.payload);
        from.push(segment.path);
        until = record.until;
      }
    }
    return { payloads, until, from };
  }

  /**
   * The records that were taken are done with: they are not given again. Rejects where that cannot be noted: then they
   * are given again after a crash, not before.
   */
  async release({ payloads, until, from }: Taken): Promise<void> {
    await this.#inTurn(async () => {
      this.#taken = until;
      this.#records -= payloads.length;
      for (const segment of this.#segments) {
        segment.waiting -= from.filter((path) => path === segment.path).length;
      }
      // First, since a full disk has no room for the note before. A full one goes also if it is the last, so that an idle
      // buffer takes no room.
      const last = this.#segments.at(-1);
      for (const segment of [...this.#segments]) {
        const isDone = segment.waiting === 0;
        if (isDone && (segment !== last || segment.size >= this.#options.segmentBytes))
          await this.#retire(segment);
      }
      await writePosition(this.#options.folder, until, {
        openFile: this.#options.openFile,
        sync: this.#options.fsync === 'always',
      });
    });
  }

  async close(): Promise<void> {
    try {
      await this.#inTurn(() => this.#closeWriter());
    } finally {
      await this.#unlock();
    }
  }

  #bytes(): number {
    return this.#segments.reduce((bytes, { size }) => bytes + size, 0);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#work.then(work, work);
    this.#work = next.catch(() => {}); // The error reaches the caller; the next operation runs all the same.
    return next;
  }

  async #write(payload: Buffer): Promise<SegmentWriter> {
    const { segment, file } = await this.#openWriter();
    await file.write(encodeFrame(this.#nextNumber, payload));
    this.#nextNumber += 1;
    segment.size += frameBytes(payload);
    segment.waiting += 1;
    this.#records += 1;
    this.#appended += 1;
    return file;
  }

  async #openWriter(): Promise<{ readonly segment: Segment; readonly file: SegmentWriter }> {
    const { openFile, folder, fsync, segmentBytes } = this.#options;
    const last = this.#segments.at(-1);
    const goesOn =
      last?.isClean === true && last.size < segmentBytes && this.#writer?.file.failure === undefined;
    if (goesOn && this.#writer?.segment === last) return this.#writer;
    await this.#closeWriter();
    if (goesOn) {
      this.#writer = { segment: last, file: await SegmentWriter.goOn(last.path, last.size, openFile) };
      return this.#writer;
    }
    const path = join(folder, `segment-${String(this.#nextNumber).padStart(16, '0')}.frames`);
    const segment: Segment = {
      format: 'frames',
      first: this.#nextNumber,
      path,
      size: 0,
      waiting: 0,
      isClean: true,
    };
    const file = await SegmentWriter.create(path, { folder, openFile, sync: fsync === 'always' });
    this.#segments = [...this.#segments.filter((other) => other.path !== path), segment];
    this.#writer = { segment, file };
    return this.#writer;
  }

  /** Appends wait for the sync of what they have written before another file takes its place. */
  async #closeWriter(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    try {
      // A failure is told by the writer to each of those who wait.
      if (this.#options.fsync === 'always') await writer.file.sync().catch(() => {});
    } finally {
      if (writer.file.failure !== undefined) writer.segment.isClean = false;
      await writer.file.close();
    }
  }

  async #retire(segment: Segment): Promise<void> {
    if (this.#writer?.segment === segment) await this.#closeWriter();
    this.#segments = this.#segments.filter((other) => other !== segment);
    await rm(segment.path, { force: true });
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
          // Whether it failed is asked of the writer, by each for the file it has written to.
          await this.#writer?.file.sync().catch(() => {});
        }),
      )
      .finally(() => {
        if (this.#syncing === sync) this.#syncing = undefined;
      });
    this.#syncing = sync;
    await sync.done;
  }

  async #recover(): Promise<void> {
    const { folder } = this.#options;
    this.#taken = await readPosition(folder);
    this.#nextNumber = this.#taken.next;
    const names = (await readdir(folder)).flatMap((name) => nameOf(folder, name)).sort(byAge);
    for (const [i, name] of names.entries()) {
      const content = (await readIfThere(name.path)) ?? Buffer.alloc(0);
      const survey = surveySegment(content, name, {
        taken: this.#taken,
        following: names[i + 1]?.format === name.format ? names[i + 1] : undefined,
      });
      this.#nextNumber = Math.max(this.#nextNumber, survey.next);
      this.#damaged += survey.lost;
      const waiting = survey.waiting.length;
      this.#records += waiting;
      if (waiting > 0) {
        this.#segments.push({ ...name, size: content.length, waiting, isClean: survey.isClean });
      } else {
        await rm(name.path, { force: true });
      }
    }
    this.#found = this.#records;
  }

  /** What waits in a segment behind `taken`. The disk may have spoiled some of it since it was written or found. */
  async #look(segment: Segment, taken: Position): Promise<Survey['waiting']> {
    const { size, waiting } = segment;
    // What was appended since is no part of this look.
    const content = ((await readIfThere(segment.path)) ?? Buffer.alloc(0)).subarray(0, size);
    const survey = surveySegment(content, segment, { taken, following: undefined });
    const spoiled = waiting - survey.waiting.length;
    segment.waiting -= spoiled;
    this.#records -= spoiled;
    this.#lost += spoiled;
    this.#damaged += spoiled;
    return survey.waiting;
  }
}

function nameOf(folder: string, file: string): readonly (SegmentName & { readonly path: string })[] {
  const [, number, frames] = /^segment-(?:(\d{12})|(\d{16})\.frames)$/.exec(file) ?? [];
  const path = join(folder, file);
  if (number !== undefined) return [{ format: 'records', first: Number(number), path }];
  return frames === undefined ? [] : [{ format: 'frames', first: Number(frames), path }];
}

function byAge(a: SegmentName, b: SegmentName): number {
  if (a.format !== b.format) return a.format === 'records' ? -1 : 1;
  return a.first - b.first;
}
