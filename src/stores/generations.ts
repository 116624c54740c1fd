// Which generations of the tables there are, how far each is rebuilt, and which one readers look at: items of the readers table.
import type { ArchiveHour } from '../core/archive/archive-names.ts';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import { READERS_TABLE } from '../platform/names.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table, VersionedOutcome } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

/** What a generation is made of. */
export interface Generation {
  readonly name: string;
  readonly createdMs: number;
  /** Where the archive is: a folder or `s3://bucket/prefix`. */
  readonly archive: string;
  /** Name of the archived stream that it is rebuilt from. */
  readonly stream: string;
  /** ARN of the stream as event source mappings state it. Sources keep their positions under it: a wrong one makes records count twice when catching up. */
  readonly streamArn: string;
  /** Whole hours of arrival; the last excluded. Absent: from the first, to the last. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** As `parsePipeline` takes it. */
  readonly definition: object;
}

/** How far a chunk is folded. */
export interface ChunkProgress {
  readonly shard: ShardId;
  /** The first of its hours. */
  readonly hour: ArchiveHour;
  readonly records: number;
  /** What its records held, quarantined ones included. */
  readonly events: number;
  /** Digest of the records' lines, computed as in manifests. */
  readonly digest: string;
  /** The last record folded. */
  readonly upTo: SequenceNumber | undefined;
  readonly done: boolean;
}

/** Up to when what fell silent has been closed, once an hour was folded. */
export interface ClosedHour {
  readonly hour: ArchiveHour;
  readonly atMs: number;
}

export interface Current {
  /** `FIRST_GENERATION`: the stack's own tables. */
  readonly generation: string;
  /** That was current before: where a rollback leads. */
  readonly before: string | undefined;
  readonly switchedMs: number | undefined;
}

interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** Every operation may be repeated; all reject with a StoreError where the table cannot be reached. */
export class Generations {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async list(): Promise<readonly Generation[]> {
    const found: Generation[] = [];
    for await (const item of this.#table.query({ partition: partition(GENERATION) })) {
      found.push(contentOf<Generation>(item));
    }
    return found.sort((a, b) => a.createdMs - b.createdMs);
  }

  async load(name: string): Promise<Generation | undefined> {
    return (await this.#load<Generation>(key(GENERATION, name)))?.value;
  }

  /** Started twice, the first stands: it is what comes back. */
  async create(generation: Generation): Promise<Generation> {
    const outcome = await this.#store(key(GENERATION, generation.name), generation, undefined);
    if (outcome.kind !== 'refused') return generation;
    return outcome.stored === undefined ? generation : contentOf<Generation>(outcome.stored);
  }

  /** With all that is known of its chunks; its tables are no business of this. */
  async forget(name: string): Promise<void> {
    const keys: Item[] = [key(GENERATION, name), key(REPORT, name)];
    for (const what of [chunksOf(name), closedOf(name)]) {
      for await (const item of this.#table.query({ partition: partition(what) })) keys.push(keyOf(item));
    }
    await this.#table.deleteMany(keys);
  }

  async chunks(generation: string): Promise<readonly ChunkProgress[]> {
    const found: ChunkProgress[] = [];
    for await (const item of this.#table.query({ partition: partition(chunksOf(generation)) })) {
      found.push(contentOf<ChunkProgress>(item));
    }
    return found;
  }

  async chunk(
    generation: string,
    { hour, shard }: Pick<ChunkProgress, 'hour' | 'shard'>,
  ): Promise<Versioned<ChunkProgress> | undefined> {
    return await this.#load<ChunkProgress>(key(chunksOf(generation), `${hour} ${shard}`));
  }

  /** undefined: somebody else has noted meanwhile, and what is there now counts. */
  async noteChunk(
    generation: string,
    progress: ChunkProgress,
    version: number | undefined,
  ): Promise<number | undefined> {
    const at = key(chunksOf(generation), `${progress.hour} ${progress.shard}`);
    const outcome = await this.#store(at, progress, version);
    return outcome.kind === 'committed' ? (version ?? 0) + 1 : undefined;
  }

  /** What was last found out about it; undefined: nothing yet. */
  async report<T extends object>(generation: string): Promise<T | undefined> {
    return (await this.#load<T>(key(REPORT, generation)))?.value;
  }

  async noteReport(generation: string, report: object): Promise<void> {
    await this.#table.putMany([
      { ...key(REPORT, generation), version: number(1), [CONTENT]: text(JSON.stringify(report)) },
    ]);
  }

  async closedHours(generation: string): Promise<readonly ClosedHour[]> {
    const found: ClosedHour[] = [];
    for await (const item of this.#table.query({ partition: partition(closedOf(generation)) })) {
      found.push(contentOf<ClosedHour>(item));
    }
    return found;
  }

  async noteClosed(generation: string, closed: ClosedHour): Promise<void> {
    await this.#table.putMany([
      {
        ...key(closedOf(generation), closed.hour),
        version: number(1),
        [CONTENT]: text(JSON.stringify(closed)),
      },
    ]);
  }

  async current(): Promise<Current> {
    return (await this.#load<Current>(CURRENT))?.value ?? NONE_SWITCHED;
  }

  /**
   * Makes another generation the one that readers look at: one conditional write.
   * @returns false: it is not `from` any more that is current
   */
  async switchTo(
    to: string,
    { from, nowMs }: { readonly from: string; readonly nowMs: number },
  ): Promise<boolean> {
    const stored = await this.#load<Current>(CURRENT);
    const current = stored?.value ?? NONE_SWITCHED;
    if (current.generation === to) return true;
    if (current.generation !== from) return false;
    const next: Current = { generation: to, before: from, switchedMs: nowMs };
    const outcome = await this.#store(CURRENT, next, stored?.version);
    if (outcome.kind === 'committed') return true;
    return outcome.stored !== undefined && contentOf<Current>(outcome.stored).generation === to;
  }

  async #load<T>(at: Item): Promise<Versioned<T> | undefined> {
    const [item] = await this.#table.getMany([at]);
    return item === undefined
      ? undefined
      : { value: contentOf<T>(item), version: numberOf(item, 'version') ?? 0 };
  }

  async #store(
    at: Item,
    content: object,
    version: number | undefined,
  ): Promise<Exclude<VersionedOutcome, { readonly kind: 'failed' }>> {
    const write = {
      key: at,
      expectedVersion: version,
      version: (version ?? 0) + 1,
      attributes: { [CONTENT]: text(JSON.stringify(content)) },
    };
    const [outcome] = await this.#table.commit([write]);
    if (outcome === undefined || outcome.kind === 'failed') {
      const reason = outcome?.reason ?? 'the store gave no outcome';
      throw new StoreError(
        'generation-not-noted',
        `what is known of a generation could not be written: ${reason}`,
        {
          retryable: true,
        },
      );
    }
    return outcome;
  }
}

const NONE_SWITCHED: Current = { generation: FIRST_GENERATION, before: undefined, switchedMs: undefined };

const GENERATION = 'generation';
const REPORT = 'rebuild report';
const CONTENT = 'content';
const CURRENT: Item = {
  [READERS_TABLE.partitionKey]: text('current generation'),
  [READERS_TABLE.sortKey]: text('current'),
};

function chunksOf(generation: string): string {
  return `rebuild|${generation}`;
}

function closedOf(generation: string): string {
  return `rebuild closed|${generation}`;
}

function key(what: string, name: string): Item {
  return { [READERS_TABLE.partitionKey]: text(what), [READERS_TABLE.sortKey]: text(name) };
}

function keyOf(item: Item): Item {
  return key(textOf(item, READERS_TABLE.partitionKey) ?? '', textOf(item, READERS_TABLE.sortKey) ?? '');
}

function partition(what: string) {
  return { name: READERS_TABLE.partitionKey, value: text(what) };
}

/** Its own JSON, written by this class alone. */
function contentOf<T>(item: Item): T {
  return JSON.parse(textOf(item, CONTENT) ?? '{}') as T;
}
