// Captures a stream from outside into an archive. What is in the archive says where to go on: nothing else is kept, so that this may
// end at any moment.
import type { ShardPlace } from '../core/archive/archive-names.ts';
import type { ArchivedLine } from '../core/archive/archived-object.ts';
import { totalsOf } from '../core/archive/manifest.ts';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { ShardPosition, StreamRecord, StreamSource } from '../event-source/ports.ts';
import type { Clock } from '../platform/clock.ts';
import { ArchiveReader } from '../stores/archive/archive-reader.ts';
import { ArchiveWriter } from '../stores/archive/archive-writer.ts';
import type { Objects } from '../stores/archive/objects.ts';
import { changeArchivedLine, kinesisArchivedLine } from '../wire/archived-line.ts';

export interface CaptureOptions {
  readonly source: StreamSource;
  /** The stream's name in the archive. */
  readonly stream: string;
  readonly objects: Objects;
  readonly clock: Clock;
  /** Where shards begin that the archive has nothing of. Default: with the oldest record. */
  readonly from?: ShardPosition;
  /** Goes on when it has caught up, until the signal; default: ends. */
  readonly follow?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CaptureProgress) => void;
}

export interface CaptureProgress {
  /** In the archive, by this capture. */
  readonly records: number;
  readonly objects: number;
  /** As stored. */
  readonly size: number;
  readonly shards: number;
  /** Shards that have been read to where they ended when this began, or to their end. */
  readonly caughtUp: number;
  /** Arrival of the latest record in the archive. */
  readonly latestArrivalMs: number | undefined;
  /** What the stream had let go of before it was captured: the archive lacks it. */
  readonly gaps: readonly string[];
}

/** An object's records: a batch of Lambda's has as much. */
const OBJECT_BYTES = 4 * 1024 * 1024;
/** What waits for an object to fill is not kept longer than this. */
const OBJECT_WAIT_MS = 10_000;
const READ_LIMIT = 1_000;
const IDLE_MS = 1_000;
/** In a row; then the reason is thrown. */
const MAX_FAILURES = 8;

/** Resolves when all shards have been read, or the signal has come: then all that has been read is in the archive. */
export async function captureStream(options: CaptureOptions): Promise<CaptureProgress> {
  const state = {
    records: 0,
    objects: 0,
    size: 0,
    latestArrivalMs: undefined as number | undefined,
    gaps: [] as string[],
  };
  const reading = new Map<ShardId, Promise<void>>();
  const caughtUp = new Set<ShardId>();
  const writer = new ArchiveWriter(options.objects);
  const progress = (): CaptureProgress => ({ ...state, shards: reading.size, caughtUp: caughtUp.size });
  const tell = () => options.onProgress?.(progress());
  for (;;) {
    for (const { id } of await options.source.listShards()) {
      if (reading.has(id)) continue;
      const capture = new ShardCapture(options, id, {
        onCaughtUp: () => caughtUp.add(id),
        onGap: (gap) => state.gaps.push(gap),
        append: async (lines) => {
          const added = await writer.append({ stream: options.stream, shard: id }, lines);
          state.records += added.records;
          state.objects += added.objects;
          state.size += added.size;
          state.latestArrivalMs = Math.max(state.latestArrivalMs ?? 0, lines.at(-1)?.arrivalMs ?? 0);
          tell();
        },
      });
      const done = capture.run();
      done.catch(() => {});
      reading.set(id, done);
    }
    tell();
    const all = Promise.all(reading.values());
    if (options.follow !== true || options.signal.aborted) {
      await all;
      return progress();
    }
    // New shards come with a reshard; a failure ends the capture at once.
    await Promise.race([
      all.then(() => options.clock.sleep(IDLE_MS, options.signal)),
      options.clock.sleep(10 * IDLE_MS, options.signal),
    ]);
  }
}

interface ShardDeps {
  readonly append: (lines: readonly ArchivedLine[]) => Promise<void>;
  readonly onCaughtUp: () => void;
  readonly onGap: (gap: string) => void;
}

class ShardCapture {
  readonly #options: CaptureOptions;
  readonly #shard: ShardId;
  readonly #deps: ShardDeps;
  #last: SequenceNumber | undefined;
  #waiting: ArchivedLine[] = [];
  #waitingBytes = 0;
  #waitingSinceMs = 0;

  constructor(options: CaptureOptions, shard: ShardId, deps: ShardDeps) {
    this.#options = options;
    this.#shard = shard;
    this.#deps = deps;
  }

  async run(): Promise<void> {
    const { clock, signal, follow = false } = this.#options;
    const place = { stream: this.#options.stream, shard: this.#shard };
    this.#last = await lastArchived(this.#options.objects, place);
    const beganMs = clock.nowMs();
    let iterator = await this.#open();
    let failures = 0;
    while (iterator !== undefined && !signal.aborted) {
      const answer = await this.#read(iterator);
      if (answer.kind === 'unavailable') {
        failures += 1;
        if (failures === MAX_FAILURES) throw new Error(`${this.#shard}: cannot be read: ${answer.reason}`);
        await clock.sleep(IDLE_MS, signal);
        continue;
      }
      failures = 0;
      if (answer.kind !== 'records') {
        if (answer.kind === 'gone') break;
        if (answer.kind === 'trimmed') this.#tellGap();
        iterator = await this.#open();
        continue;
      }
      await this.#take(answer.records);
      iterator = answer.next;
      const isAtTip = answer.records.length === 0 && (answer.millisBehindLatest ?? 0) === 0;
      if (isAtTip || (answer.records.at(-1)?.arrivalMs ?? 0) > beganMs) {
        this.#deps.onCaughtUp();
        if (!follow) break;
        if (answer.records.length === 0) await clock.sleep(IDLE_MS, signal);
      }
    }
    await this.#flush();
    if (iterator === undefined) this.#deps.onCaughtUp();
  }

  /** undefined: the shard is not in the stream any more. */
  async #open(): Promise<string | undefined> {
    const { source, from = { at: 'trim-horizon' as const }, clock, signal } = this.#options;
    let position: ShardPosition = this.#last === undefined ? from : { at: 'after', sequence: this.#last };
    for (let failures = 0; ; ) {
      const answer = await source.openIterator(this.#shard, position).catch(asUnavailable);
      switch (answer.kind) {
        case 'open':
          return answer.iterator;
        case 'gone':
          return undefined;
        case 'trimmed':
          this.#tellGap();
          position = { at: 'trim-horizon' };
          break;
        case 'unavailable':
          failures += 1;
          if (failures === MAX_FAILURES)
            throw new Error(`${this.#shard}: cannot be opened: ${answer.reason}`);
          await clock.sleep(IDLE_MS, signal);
      }
    }
  }

  async #read(iterator: string) {
    return await this.#options.source.read(this.#shard, iterator, READ_LIMIT).catch(asUnavailable);
  }

  async #take(records: readonly StreamRecord[]): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for (const record of records) {
      // An iterator by time or from the trim horizon gives again what is there.
      if (this.#last !== undefined && compareSequenceNumbers(record.sequence, this.#last) <= 0) continue;
      const line = lineOf(record);
      if (this.#waiting.length === 0) this.#waitingSinceMs = nowMs;
      this.#waiting.push(line);
      this.#waitingBytes += line.line.length;
      this.#last = record.sequence;
      if (this.#waitingBytes >= OBJECT_BYTES) await this.#flush();
    }
    if (this.#waiting.length > 0 && nowMs - this.#waitingSinceMs >= OBJECT_WAIT_MS) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#deps.append(lines);
  }

  #tellGap(): void {
    const behind = this.#last === undefined ? 'from its beginning' : `behind ${this.#last}`;
    this.#deps.onGap(
      `${this.#shard}: the stream has let go of records ${behind}: they are not in the archive`,
    );
  }
}

function lineOf({ record }: StreamRecord): ArchivedLine {
  return 'kinesis' in record ? kinesisArchivedLine(record) : changeArchivedLine(record);
}

function asUnavailable(error: unknown) {
  return { kind: 'unavailable' as const, reason: error instanceof Error ? error.message : String(error) };
}

/** Arrivals go back by minutes at most, so that the latest records are in the latest hours. */
const HOURS_LOOKED_AT = 3;

async function lastArchived(objects: Objects, place: ShardPlace): Promise<SequenceNumber | undefined> {
  const hours = await new ArchiveReader(objects).hours(place);
  let last: SequenceNumber | undefined;
  for (const { manifest } of hours.slice(-HOURS_LOOKED_AT)) {
    const found = totalsOf(manifest).last;
    if (found !== undefined && (last === undefined || compareSequenceNumbers(found, last) > 0)) last = found;
  }
  return last;
}
