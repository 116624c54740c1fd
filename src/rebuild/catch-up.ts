// The last step before a switch: what the stream has carried since the archive ends is folded from the stream itself, until a generation is
// level with it. Nothing of it is noted: read again, or folded again from the archive later, it is where a source's position says.
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { ShardDescription, StreamRecord, StreamSource } from '../event-source/ports.ts';
import type { Clock } from '../platform/clock.ts';
import type { ChunkProgress, Generation, Generations } from '../stores/generations.ts';
import type { KinesisEventRecord } from '../wire/stream-records.ts';
import { HOUR_MS, hourEndMs } from './archived-hours.ts';
import type { GenerationFold } from './generation-fold.ts';
import { RebuildError } from './rebuild-error.ts';

export interface CatchUpOptions {
  /** The stream that the generation catches up with. */
  readonly source: StreamSource;
  readonly generation: Pick<Generation, 'name' | 'fromMs' | 'toMs'>;
  readonly generations: Generations;
  readonly fold: GenerationFold;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Asked between reads. Default: always. */
  readonly mayGoOn?: () => boolean;
}

export interface CaughtUp {
  /** Whether each shard had nothing more when it was last looked at. */
  readonly level: boolean;
  /** Read from the stream. */
  readonly records: number;
}

/** A generation whose range ends has nothing to catch up with. @throws RebuildError where the stream cannot be read, or lacks what the archive does */
export async function catchUpWithStream(options: CatchUpOptions): Promise<CaughtUp> {
  const { source, generation, generations, mayGoOn = () => true } = options;
  if (generation.toMs !== undefined) return { level: true, records: 0 };
  const chunks = await generations.chunks(generation.name);
  const readers = new Map<ShardId, ShardCatchUp>();
  const readerOf = ({ id }: ShardDescription) => {
    const known = readers.get(id) ?? new ShardCatchUp(id, options, beginningOf(id, chunks, generation));
    readers.set(id, known);
    return known;
  };
  await options.fold.tellUntold();
  let records = 0;
  // While devices go on, each look finds less than the one before: what came during it.
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const shards = await source.listShards();
    let found = 0;
    for (const shard of inOrderOfDescent(shards)) {
      const read = await readerOf(shard).readUntilLevel(mayGoOn);
      found += read.records;
      if (!read.level) return { level: false, records: records + found };
    }
    records += found;
    if (found <= LEVEL_RECORDS * shards.length) return { level: true, records };
  }
  return { level: true, records };
}

const MAX_LOOKS = 20;
/** Found in one look at a shard that was level before: less than a second's worth. */
const LEVEL_RECORDS = 500;

interface Beginning {
  /** Records behind it; undefined: all that arrived from `fromMs` on. */
  readonly after: SequenceNumber | undefined;
  readonly fromMs: number;
}

/** Behind the archive's end; a shard that the archive has nothing of yet is of the time since its first hour. */
function beginningOf(
  shard: ShardId,
  chunks: readonly ChunkProgress[],
  { fromMs }: Pick<Generation, 'fromMs'>,
): Beginning {
  const firstMs = chunks.reduce(
    (least, { hour }) => Math.min(least, hourEndMs(hour) - HOUR_MS),
    Number.POSITIVE_INFINITY,
  );
  const after = chunks
    .flatMap((chunk) => (chunk.shard === shard && chunk.upTo !== undefined ? [chunk.upTo] : []))
    .reduce<SequenceNumber | undefined>(
      (last, each) => (last !== undefined && compareSequenceNumbers(last, each) >= 0 ? last : each),
      undefined,
    );
  return { after, fromMs: Math.max(fromMs ?? 0, Number.isFinite(firstMs) ? firstMs : 0) };
}

/** Each after its parents, which are read to their ends first: they are closed. */
function inOrderOfDescent(shards: readonly ShardDescription[]): readonly ShardDescription[] {
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const ordered = new Set<ShardDescription>();
  const add = (shard: ShardDescription) => {
    for (const parent of shard.parents) {
      const known = byId.get(parent);
      if (known !== undefined && !ordered.has(known)) add(known);
    }
    ordered.add(shard);
  };
  for (const shard of shards) add(shard);
  return [...ordered];
}

const READ_LIMIT = 2_000;
const MAX_TRIES = 30;
const PAUSE_MS = 250;

/** Reads one shard, from look to look. */
class ShardCatchUp {
  readonly #shard: ShardId;
  readonly #options: CatchUpOptions;
  readonly #fromMs: number;
  #after: SequenceNumber | undefined;
  #iterator: string | undefined;
  #ended = false;
  #tries = 0;

  constructor(shard: ShardId, options: CatchUpOptions, { after, fromMs }: Beginning) {
    this.#shard = shard;
    this.#options = options;
    this.#after = after;
    this.#fromMs = fromMs;
  }

  async readUntilLevel(mayGoOn: () => boolean): Promise<CaughtUp> {
    let records = 0;
    while (!this.#ended) {
      if (!mayGoOn()) return { level: false, records };
      const read = await this.#read();
      if (read === undefined) continue;
      records += read.records;
      if (read.level) break;
    }
    return { level: true, records };
  }

  /** undefined: it did not come to reading. */
  async #read(): Promise<CaughtUp | undefined> {
    const { source } = this.#options;
    this.#iterator ??= await this.#open();
    if (this.#iterator === undefined) return undefined;
    const answer = await source.read(this.#shard, this.#iterator, READ_LIMIT);
    switch (answer.kind) {
      case 'records': {
        this.#tries = 0;
        await this.#fold(answer.records);
        this.#iterator = answer.next;
        this.#ended = answer.next === undefined;
        const { millisBehindLatest: behindMs } = answer;
        const level = behindMs === undefined ? answer.records.length === 0 : behindMs === 0;
        return { level, records: answer.records.length };
      }
      case 'iterator-expired':
        this.#iterator = undefined;
        return undefined;
      case 'gone':
        this.#ended = true;
        return undefined;
      case 'trimmed':
        throw this.#trimmed();
      case 'unavailable':
        await this.#pause(answer.reason);
        return undefined;
    }
  }

  async #open(): Promise<string | undefined> {
    const position =
      this.#after === undefined
        ? ({ at: 'trim-horizon' } as const)
        : ({ at: 'after', sequence: this.#after } as const);
    const answer = await this.#options.source.openIterator(this.#shard, position);
    switch (answer.kind) {
      case 'open':
        return answer.iterator;
      case 'gone':
        this.#ended = true;
        return undefined;
      case 'trimmed':
        throw this.#trimmed();
      case 'unavailable':
        await this.#pause(answer.reason);
        return undefined;
    }
  }

  async #fold(records: readonly StreamRecord[]): Promise<void> {
    const wanted = records.filter(({ arrivalMs }) => arrivalMs >= this.#fromMs);
    if (wanted.length > 0) await this.#options.fold.fold(wanted.map(({ record }) => kinesisRecord(record)));
    this.#after = records.at(-1)?.sequence ?? this.#after;
  }

  async #pause(reason: string): Promise<void> {
    this.#tries += 1;
    if (this.#tries > MAX_TRIES)
      throw new RebuildError('stream', `shard ${this.#shard}: it cannot be read: ${reason}`, {
        advice: 'Start it again: nothing counts twice',
      });
    await this.#options.clock.sleep(PAUSE_MS * this.#tries);
  }

  #trimmed(): RebuildError {
    return new RebuildError(
      'stream',
      `shard ${this.#shard}: found that the stream has let go of records behind ${this.#after}, which the archive does not have, expected them in one of the two`,
      { advice: 'Rebuild up to there by a range that ends, or bring back what the archive lacks' },
    );
  }
}

function kinesisRecord(record: StreamRecord['record']): KinesisEventRecord {
  if ('kinesis' in record) return record;
  throw new Error('found a change of a table in the telemetry stream, expected a record of Kinesis');
}
