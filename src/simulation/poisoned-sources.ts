// Sources that cannot be folded into for a while: a newer release wrote their state, something damaged it, or it would be larger than a
// table takes. They are mended, and then resumed by the command's own code, as an operator would.
import { type Resumption, resumeSource } from '../../consumers/aggregate/resume-source.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { SOURCES_TABLE } from '../platform/names.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { isHeld } from '../stores/held-events.ts';
import { SourceStates } from '../stores/source-states.ts';
import { StoreError } from '../stores/store-error.ts';
import { bytes, bytesOf, type Item, number, numberOf, type Table, text, textOf } from '../stores/table.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export type PoisonKind = 'unreadable' | 'too-large';

export interface PoisonedSourcesDeps {
  /** As it stands, for what somebody does to an item by hand. */
  readonly sources: Table;
  /** As an operator's command sees it, in the name of a pipeline. */
  readonly table: (name: SimulatedTable, pipeline: Pipeline) => Table;
  /** The one that is deployed. */
  readonly pipeline: () => Pipeline;
  readonly note: (line: string) => void;
  /** In place of the command's own. */
  readonly resume?: typeof resumeSource | undefined;
}

/** No version that there is: as a release writes that comes after all of these. */
const SPOILT = new Uint8Array([250, 1, 2]);

export class PoisonedSources {
  /** All that ever were. */
  readonly names = new Set<string>();
  readonly #deps: PoisonedSourcesDeps;
  /** States that were readable before. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #tooLarge = new Set<string>();
  /** Whose events are set aside by two writes, and how often that was. */
  readonly #inParts = new Map<string, number>();

  constructor(deps: PoisonedSourcesDeps) {
    this.#deps = deps;
  }

  async poison(source: string, kind: PoisonKind, inParts: boolean): Promise<void> {
    this.names.add(source);
    if (inParts) this.#inParts.set(source, 0);
    this.#deps.note(`${source} is ${kind} from now on`);
    if (kind === 'too-large') {
      this.#tooLarge.add(source);
      return;
    }
    const [item] = await this.#deps.sources.getMany([keyOf(source)]);
    const state = item === undefined ? undefined : bytesOf(item, SOURCES_TABLE.state);
    if (item === undefined || state === undefined || isSpoilt(item)) return;
    this.#kept.set(source, state);
    const version = number((numberOf(item, SOURCES_TABLE.version) ?? 0) + 1);
    await this.#deps.sources.putMany([
      {
        ...item,
        [SOURCES_TABLE.version]: version,
        [SOURCES_TABLE.state]: bytes(SPOILT),
        [SOURCES_TABLE.check]: number(0),
      },
    ]);
  }

  /** What was wrong with it is put right; it stays held. */
  async mend(source: string): Promise<void> {
    this.#deps.note(`${source} is mended`);
    this.#tooLarge.delete(source);
    const [item] = await this.#deps.sources.getMany([keyOf(source)]);
    const state = this.#kept.get(source);
    if (item === undefined || state === undefined || !isSpoilt(item)) return;
    await this.#deps.sources.putMany([{ ...item, [SOURCES_TABLE.state]: bytes(state) }]);
  }

  async resume(source: string, incomplete = false): Promise<Resumption['kind']> {
    const pipeline = this.#deps.pipeline();
    const { resume = resumeSource, table } = this.#deps;
    const { kind } = await resume(source, {
      pipeline,
      states: new SourceStates(table('sources', pipeline)),
      deadLetters: new DeadLetters(table('deadLetters', pipeline)),
      incomplete,
    });
    this.#deps.note(`somebody resumes ${source}: ${kind}`);
    return kind;
  }

  /** When nothing else goes on: whatever is held still is resumed. `incomplete`: what is missing may be in batches that were given up. */
  async resumeAll(incomplete: boolean): Promise<void> {
    this.#inParts.clear();
    for (const source of this.names) {
      await this.mend(source);
      for (let kind = await this.resume(source, incomplete); kind === 'busy'; )
        kind = await this.resume(source, incomplete);
    }
  }

  /** The table of what is set aside: some of it is written first, and the rest once somebody has resumed the source, or not at all. */
  inParts(table: Table): Table {
    return {
      getMany: (keys) => table.getMany(keys),
      commit: (writes) => table.commit(writes),
      putMany: async (items) => {
        const source = textOf(items[0] ?? {}, 'source') ?? '';
        const times = this.#inParts.get(source);
        if (times === undefined || items.length < 2 || !items.every(isHeld))
          return await table.putMany(items);
        this.#inParts.set(source, times + 1);
        this.#deps.note(`of ${items.length} events of ${source} some are set aside`);
        await table.putMany(items.filter((_, at) => at % 2 === 1));
        await this.resume(source);
        // The rest is late, and every third time not written: its batch comes again.
        if (times % 3 === 2)
          throw new StoreError('table-unavailable', 'only some were written', { retryable: true });
        await table.putMany(items.filter((_, at) => at % 2 === 0));
      },
      deleteMany: (keys) => table.deleteMany(keys),
      query: (query) => table.query(query),
      scanPage: (request) => table.scanPage(request),
      scan: () => table.scan(),
    };
  }

  /** The table, as it refuses states that would be too large. */
  refusing(table: Table): Table {
    return {
      getMany: (keys) => table.getMany(keys),
      commit: async (writes) => {
        const fitting = writes.filter((write) => !this.#isTooLarge(write));
        const outcomes = fitting.length === 0 ? [] : await table.commit(fitting);
        return writes.map((write) => outcomes[fitting.indexOf(write)] ?? TOO_LARGE);
      },
      putMany: (items) => table.putMany(items),
      deleteMany: (keys) => table.deleteMany(keys),
      query: (query) => table.query(query),
      scanPage: (request) => table.scanPage(request),
      scan: () => table.scan(),
    };
  }

  #isTooLarge({ key, attributes }: { readonly key: Item; readonly attributes: object }): boolean {
    const source = textOf(key, SOURCES_TABLE.partitionKey);
    return source !== undefined && this.#tooLarge.has(source) && SOURCES_TABLE.state in attributes;
  }
}

const TOO_LARGE = {
  kind: 'failed',
  reason: 'Item size has exceeded the maximum allowed size',
  tooLarge: true,
} as const;

/** Whether the item's state is one that nobody can read. */
export function isSpoilt(item: Item | undefined): boolean {
  const state = item === undefined ? undefined : bytesOf(item, SOURCES_TABLE.state);
  return state !== undefined && Buffer.compare(state, SPOILT) === 0;
}

function keyOf(source: string): Item {
  return { [SOURCES_TABLE.partitionKey]: text(source) };
}
