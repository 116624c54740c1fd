// Rebuilds a range of an archive into a generation of the tables: docs/rebuild.md says what holds. Started twice, stopped anywhere and
// started again, it comes to the same.
import type { ArchiveHour } from '../core/archive/archive-names.ts';
import { addDigests, EMPTY_DIGEST } from '../core/archive/manifest.ts';
import type { ShardId } from '../core/brands.ts';
import { type Chunk, rebuildSteps } from '../core/rebuild/rebuild-steps.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import { kinesisEventRecord } from '../event-source/kinesis-record.ts';
import { ArchiveError } from '../stores/archive/archive-error.ts';
import { ArchiveReader } from '../stores/archive/archive-reader.ts';
import type { ArchivedRecord } from '../stores/archive/archived-record.ts';
import type { Objects } from '../stores/archive/objects.ts';
import { digestOf } from '../stores/archive/pack-object.ts';
import type { ChunkProgress, Generation, Generations } from '../stores/generations.ts';
import { readArchivedRecord } from '../wire/archived-line.ts';
import type { KinesisEventRecord } from '../wire/stream-records.ts';
import { archivedHours, type FoundHour, HOUR_MS, hourEndMs, placeText } from './archived-hours.ts';
import type { GenerationFold } from './generation-fold.ts';
import { isLevel, type LeftWork } from './is-level.ts';
import { RebuildError } from './rebuild-error.ts';

export interface RebuildOptions {
  readonly generation: Pick<Generation, 'name' | 'stream' | 'streamArn' | 'fromMs' | 'toMs'>;
  readonly archive: Objects;
  readonly generations: Generations;
  /** One a worker: each has states of its own in mind. */
  readonly fold: GenerationFold;
  /** Records handed to `aggregate` together. Default: 1,000. */
  readonly batchRecords?: number;
  readonly onProgress?: (chunk: ChunkProgress) => void;
  readonly signal?: AbortSignal;
  /** Asked between batches; where not, what is folded is noted, and the chunk is not done. Default: always. */
  readonly mayGoOn?: () => boolean;
}

/** A chunk of work, and about how much it is. */
export interface PlannedChunk extends Chunk {
  /** As the manifests have it. */
  readonly records: number;
  readonly bytes: number;
}

/** What is to be done next, in order; all chunks of one `fold` may be done side by side. */
export type RebuildWork =
  | { readonly kind: 'fold'; readonly hour: ArchiveHour; readonly chunks: readonly PlannedChunk[] }
  /** What fell silent by then is closed. */
  | { readonly kind: 'close'; readonly hour: ArchiveHour; readonly atMs: number };

/**
 * What is left to do. `goingOn`: of each shard from the last chunk on that was begun, so that it costs the same however much lies
 * behind; whether something has been added to an hour before shows in the audit. `grownIsDone`: what was folded counts as done, though its
 * hour has grown since, as that of now does all the time. `levelIsDone`: nothing is left once all that is left came a moment ago; whoever
 * switches catches up with that.
 * @throws RebuildError for an archive with gaps
 */
export async function planRebuild({
  generation,
  archive,
  generations,
  goingOn = false,
  grownIsDone = false,
  levelIsDone = false,
}: Pick<RebuildOptions, 'generation' | 'archive' | 'generations'> & {
  readonly goingOn?: boolean;
  readonly grownIsDone?: boolean;
  readonly levelIsDone?: boolean;
}): Promise<readonly RebuildWork[]> {
  const begun = await generations.chunks(generation.name);
  const { hours, gaps } = await archivedHours(
    new ArchiveReader(archive),
    generation.stream,
    generation,
    goingOn ? latestOf(begun) : undefined,
  );
  if (gaps.length > 0) throw archiveError(gaps);
  const found = new Map(hours.map((hour) => [placeText(hour), hour]));
  const progress = new Map(begun.map((each) => [placeText(each), each]));
  const closed = new Map(
    (await generations.closedHours(generation.name)).map(({ hour, atMs }) => [hour, atMs]),
  );
  const latestMs = hours.reduce((latest, { lastArrivalMs = 0 }) => Math.max(latest, lastArrivalMs), 0);
  const steps = rebuildSteps(hours);
  const left = steps.flatMap(({ hour, chunks, endsHour }): RebuildWork[] => {
    const planned = chunks.map((chunk) => ({ ...chunk, ...sizeOf(chunk, found) }));
    const open = planned.filter((chunk) => {
      const noted = progress.get(placeText({ shard: chunk.shard, hour }));
      return grownIsDone ? noted?.done !== true : !isDone(noted, chunk);
    });
    const atMs = Math.min(hourEndMs(hour), latestMs);
    const fold: RebuildWork[] = open.length === 0 ? [] : [{ kind: 'fold', hour, chunks: open }];
    const isClosed = open.length === 0 && (closed.get(hour) ?? 0) >= atMs;
    return endsHour && !isClosed ? [...fold, { kind: 'close', hour, atMs }] : fold;
  });
  const leftWork = (work: RebuildWork): LeftWork =>
    work.kind === 'close'
      ? { hour: work.hour, chunks: [], close: { atMs: work.atMs, closedMs: closed.get(work.hour) ?? 0 } }
      : { hour: work.hour, chunks: work.chunks.map(chunkLeft) };
  const chunkLeft = ({ shard, hours: together }: Chunk) => ({
    noted: progress.get(placeText({ shard, hour: together[0] ?? '' })),
    hours: together.flatMap((hour) => found.get(placeText({ shard, hour })) ?? []),
  });
  return levelIsDone && isLevel(left.map(leftWork), steps.at(-1)?.hour) ? [] : left;
}

/** Where the latest chunk of each shard begins. */
function latestOf(chunks: readonly ChunkProgress[]): ReadonlyMap<ShardId, number> {
  const latest = new Map<ShardId, number>();
  for (const { shard, hour } of chunks) {
    latest.set(shard, Math.max(latest.get(shard) ?? 0, hourEndMs(hour) - HOUR_MS));
  }
  return latest;
}

function sizeOf({ shard, hours }: Chunk, found: ReadonlyMap<string, FoundHour>) {
  const all = hours.map((hour) => found.get(placeText({ shard, hour })));
  const sum = (of: (hour: FoundHour) => number) =>
    all.reduce((total, hour) => total + (hour === undefined ? 0 : of(hour)), 0);
  return { records: sum(({ records }) => records), bytes: sum(({ bytes }) => bytes) };
}

/** An hour that has grown since is not. */
function isDone(progress: ChunkProgress | undefined, { records }: PlannedChunk): boolean {
  return progress?.done === true && progress.records >= records;
}

/** Folds what is left of a chunk. @throws RebuildError, ArchiveError, StoreError: started again, it goes on where it ended */
export async function rebuildChunk(
  chunk: Chunk,
  {
    generation,
    archive,
    generations,
    fold,
    batchRecords = BATCH_RECORDS,
    onProgress,
    mayGoOn,
    signal,
  }: RebuildOptions,
): Promise<ChunkProgress> {
  const { shard, hours } = chunk;
  const [hour = ''] = hours;
  const stored = await generations.chunk(generation.name, { shard, hour });
  const noting = new Noting(generations, generation.name, stored?.version);
  let progress: ChunkProgress = { ...(stored?.value ?? { ...NOTHING, shard, hour }), done: false };
  let noted = progress.records;
  // What an earlier worker wrote and did not tell, if it ended then.
  await fold.tellUntold();
  const batches = batchesOf(recordsOf(chunk, generation, archive), {
    ...{ batchRecords, shard },
    streamArn: generation.streamArn,
  });
  for await (const batch of batches) {
    signal?.throwIfAborted();
    const rest = behind(batch, progress);
    if (rest.length === 0) continue;
    if (mayGoOn?.() === false) return await noting.note(progress);
    const { events } = await fold.fold(rest.map(({ event }) => event));
    progress = {
      ...progress,
      records: progress.records + rest.length,
      events: progress.events + events,
      digest: addDigests(progress.digest, digestOf(rest)),
      upTo: rest.at(-1)?.sequence ?? progress.upTo,
    };
    if (progress.records - noted < NOTED_EVERY) continue;
    progress = await noting.note(progress);
    noted = progress.records;
    onProgress?.(progress);
  }
  progress = await noting.note({ ...progress, done: true });
  onProgress?.(progress);
  return progress;
}

/** Another worker may have the same chunk: the one that is further counts, and both come to the same. */
class Noting {
  readonly #generations: Generations;
  readonly #generation: string;
  #version: number | undefined;

  constructor(generations: Generations, generation: string, version: number | undefined) {
    this.#generations = generations;
    this.#generation = generation;
    this.#version = version;
  }

  /** What stands there then. */
  async note(progress: ChunkProgress): Promise<ChunkProgress> {
    for (;;) {
      this.#version = await this.#generations.noteChunk(this.#generation, progress, this.#version);
      if (this.#version !== undefined) return progress;
      const there = await this.#generations.chunk(this.#generation, progress);
      this.#version = there?.version;
      if (there === undefined) continue;
      const { value } = there;
      if (value.done === progress.done ? value.records > progress.records : value.done) return value;
    }
  }
}

/** Records that are folded again at most, where a worker ends. */
const NOTED_EVERY = 10_000;
const BATCH_RECORDS = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;
const NOTHING = { records: 0, events: 0, digest: EMPTY_DIGEST, upTo: undefined, done: false } as const;

interface Prepared extends Pick<ArchivedRecord, 'sequence' | 'line'> {
  readonly event: KinesisEventRecord;
}

/** What has been folded, by what is noted of it. */
function behind(batch: readonly Prepared[], { upTo }: ChunkProgress): readonly Prepared[] {
  if (upTo === undefined) return batch;
  return batch.filter(({ sequence }) => compareSequenceNumbers(sequence, upTo) > 0);
}

async function* recordsOf(
  { shard, hours }: Chunk,
  { stream }: RebuildOptions['generation'],
  archive: Objects,
): AsyncGenerator<ArchivedRecord, void, undefined> {
  const reader = new ArchiveReader(archive);
  const range = { fromMs: hourEndMs(hours[0] ?? '') - HOUR_MS, toMs: hourEndMs(hours.at(-1) ?? '') };
  yield* reader.records({ stream, shard }, range);
}

async function* batchesOf(
  records: AsyncIterable<ArchivedRecord>,
  {
    batchRecords,
    ...of
  }: { readonly batchRecords: number; readonly shard: ShardId; readonly streamArn: string },
): AsyncGenerator<readonly Prepared[], void, undefined> {
  let batch: Prepared[] = [];
  let bytes = 0;
  for await (const record of records) {
    batch.push({ sequence: record.sequence, line: record.line, event: eventOf(record, of) });
    bytes += record.line.length;
    if (batch.length < batchRecords && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function eventOf(
  record: ArchivedRecord,
  { shard, streamArn }: { readonly shard: ShardId; readonly streamArn: string },
): KinesisEventRecord {
  const where = { object: record.object, line: record.lineNumber };
  const entry = readArchivedRecord(record, record);
  if (typeof entry === 'string') throw new ArchiveError('damaged', where, entry);
  if (entry.kind !== 'kinesis')
    throw new ArchiveError(
      'damaged',
      where,
      'found a change of a table, expected a record of the telemetry stream',
    );
  const { sequence, arrivalMs, partitionKey, data } = entry;
  return kinesisEventRecord(
    { shard, sequence, arrivalMs, partitionKey, data: Buffer.from(data, 'base64') },
    streamArn,
  );
}

export async function closeHour(
  { hour, atMs }: { readonly hour: ArchiveHour; readonly atMs: number },
  { generation, generations, fold }: Pick<RebuildOptions, 'generation' | 'generations' | 'fold'>,
): Promise<void> {
  await fold.close(atMs);
  await generations.noteClosed(generation.name, { hour, atMs });
}

/** All that is left, by this worker alone, and what is archived meanwhile, until it is level with that. */
export async function rebuildAll(options: RebuildOptions): Promise<void> {
  for (let left = await planRebuild(options); left.length > 0; ) {
    for (const work of left) {
      options.signal?.throwIfAborted();
      if (work.kind === 'close') await closeHour(work, options);
      else for (const chunk of work.chunks) await rebuildChunk(chunk, options);
    }
    left = await planRebuild({ ...options, goingOn: true, levelIsDone: true });
  }
  await options.fold.tellUntold({ whole: true });
}

function archiveError(gaps: readonly ArchiveError[]): RebuildError {
  const first = gaps.slice(0, 5).map(({ message }) => message);
  return new RebuildError('archive', `the archive has ${gaps.length} gaps:\n  ${first.join('\n  ')}`, {
    advice: 'Bring back what is missing, or leave its hours out of the range',
    cause: gaps[0],
  });
}
