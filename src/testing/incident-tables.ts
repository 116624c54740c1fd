// The tables of an incident that is played: what they held before it comes from what its containers read first, and of writes whose answer
// is not known it is found out, by what was read later, whether they were done.
import { itemFromJson } from '../stores/item-json.ts';
import { itemMark, itemText } from '../stores/item-mark.ts';
import { MemoryTable, type TableSchema } from '../stores/memory-table.ts';
import type { NotedItem } from '../stores/run-note.ts';
import type { Item, VersionedOutcome, VersionedWrite } from '../stores/table.ts';
import { TABLE_SCHEMAS } from '../stores/table-schemas.ts';
import { IncidentError } from './incident-error.ts';

/** A write that may have been done though nobody knows. */
export interface OpenWrite {
  readonly table: string;
  readonly write: VersionedWrite;
  /** It is known now: it was done. */
  readonly onDone: () => void;
}

export interface UncapturedCall {
  readonly keys: readonly Item[];
  readonly items: readonly Item[];
  readonly writes: readonly VersionedWrite[];
}

export interface WantedItem {
  readonly mark: string;
  readonly seed: NotedItem | undefined;
  readonly isAlike: IsAlike;
}

/** Whether an item with one mark may stand for that with the other. */
export type IsAlike = (found: string, wanted: string) => boolean;

export const SAME_BYTES: IsAlike = (found, wanted) => found === wanted;

/** Where the code is another than that which was captured, its items have other bytes. */
export const SAME_VERSION: IsAlike = (found, wanted) => versionIn(found) === versionIn(wanted);

function versionIn(mark: string): string {
  return mark.slice(0, mark.indexOf('.') + 1);
}

/** As many versions of an item as calls under way at once may have seen. */
const MOST_VERSIONS = 50;
/** As many writes whose answers were lost, one upon the other. */
const MOST_IN_A_CHAIN = 6;

export class IncidentTables {
  readonly #tables: Readonly<Record<string, MemoryTable>>;
  readonly #versions = new Map<string, Map<string, Item | undefined>>();
  /** Set by who plays: writes under way, and those that failed, in this order. */
  openWrites: () => readonly OpenWrite[] = () => [];

  /** `tables` by the names that functions ask for them; they are written to. */
  constructor(tables: Readonly<Record<string, MemoryTable>>) {
    this.#tables = tables;
  }

  /**
   * What a read found under a key, by its mark; undefined where it is not there, not yet at least. `seed`: the item, where the container
   * read it for the first time.
   */
  async read(
    table: string,
    key: Item,
    { mark, seed, isAlike }: WantedItem,
  ): Promise<{ readonly item: Item | undefined } | undefined> {
    const seen = await this.#seen(table, key, seed);
    const known = [...seen].findLast(([each]) => isAlike(each, mark));
    if (known !== undefined) return { item: known[1] };
    const chain = await this.#chainTo(table, key, async (scratch) =>
      isAlike(await markIn(scratch, key), mark),
    );
    if (chain === undefined) return undefined;
    await this.#do(chain);
    const [item] = await this.#table(table).getMany([key]);
    return { item };
  }

  /** Does a write that was done; undefined where it cannot be, not yet at least. */
  async commit(table: string, write: VersionedWrite): Promise<VersionedOutcome | undefined> {
    await this.#seen(table, write.key, undefined);
    const isDone = async (scratch: MemoryTable) => (await scratch.commit([write]))[0]?.kind === 'committed';
    const chain = await this.#chainTo(table, write.key, isDone);
    if (chain === undefined) return undefined;
    await this.#do(chain);
    return await this.#commit(table, write);
  }

  /** What the table answers now, to a call that was not captured. */
  async answerNow(table: string, { keys, items, writes }: UncapturedCall): Promise<unknown> {
    if (items.length > 0) return await this.putMany(table, items);
    if (writes.length === 0) return await this.#table(table).getMany(keys);
    const outcomes: (VersionedOutcome | undefined)[] = [];
    for (const write of writes) outcomes.push(await this.#commit(table, write));
    return outcomes;
  }

  async putMany(table: string, items: readonly Item[]): Promise<void> {
    await this.#table(table).putMany(items);
    for (const item of items) await this.#note(table, keyOf(this.schema(table), item));
  }

  async deleteMany(table: string, keys: readonly Item[]): Promise<void> {
    await this.#table(table).deleteMany(keys);
    for (const key of keys) await this.#note(table, key);
  }

  schema(table: string): TableSchema {
    const schemas: Readonly<Record<string, TableSchema>> = TABLE_SCHEMAS;
    const schema = schemas[table === 'devices' ? 'readers' : table]; // as in the stack
    if (schema === undefined)
      throw new IncidentError(`found a call of the table ${table}, which is not known`);
    return schema;
  }

  #table(name: string): MemoryTable {
    const table = this.#tables[name === 'devices' ? 'readers' : name];
    if (table === undefined)
      throw new IncidentError(`found a call of the table ${name}, which is not played`);
    return table;
  }

  async #commit(table: string, write: VersionedWrite): Promise<VersionedOutcome | undefined> {
    const [outcome] = await this.#table(table).commit([write]);
    for (const key of keysOf(this.schema(table), write)) await this.#note(table, key);
    return outcome;
  }

  async #do(chain: readonly OpenWrite[]): Promise<void> {
    for (const { table, write, onDone } of chain) {
      await this.#commit(table, write);
      onDone();
    }
  }

  /** What the item has been, by mark. */
  async #seen(table: string, key: Item, seed: NotedItem | undefined): Promise<Map<string, Item | undefined>> {
    const name = `${table} ${itemText(key)}`;
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    const found = new Map<string, Item | undefined>();
    this.#versions.set(name, found);
    if (seed !== undefined) this.#table(table).put(itemFromJson(seed));
    await this.#note(table, key);
    return found;
  }

  async #note(table: string, key: Item): Promise<void> {
    const name = `${table} ${itemText(key)}`;
    const versions = this.#versions.get(name) ?? new Map<string, Item | undefined>();
    this.#versions.set(name, versions);
    const [item] = await this.#table(table).getMany([key]);
    const mark = itemMark(item);
    versions.delete(mark);
    versions.set(mark, item);
    const [oldest] = versions.keys();
    if (versions.size > MOST_VERSIONS && oldest !== undefined) versions.delete(oldest);
  }

  /** The fewest open writes after which it holds; none, where it holds now. */
  async #chainTo(
    table: string,
    key: Item,
    holds: (scratch: MemoryTable) => Promise<boolean>,
  ): Promise<readonly OpenWrite[] | undefined> {
    const text = itemText(key);
    const schema = this.schema(table);
    const touches = ({ table: of, write }: OpenWrite) =>
      of === table && keysOf(schema, write).some((each) => itemText(each) === text);
    const open = this.openWrites().filter(touches);
    let chains: (readonly OpenWrite[])[] = [[]];
    for (let length = 0; length <= MOST_IN_A_CHAIN && chains.length > 0; length += 1) {
      for (const chain of chains) {
        const scratch = await this.#after(table, key, chain);
        if (scratch !== undefined && (await holds(scratch))) return chain;
      }
      const longer: (readonly OpenWrite[])[] = [];
      for (const chain of chains)
        for (const next of open) {
          if (chain.includes(next)) continue;
          const candidate = [...chain, next];
          if ((await this.#after(table, key, candidate)) !== undefined) longer.push(candidate);
        }
      chains = longer;
    }
    return undefined;
  }

  /** The items concerned, as they would be after these writes; undefined where one of them would be refused. */
  async #after(table: string, key: Item, chain: readonly OpenWrite[]): Promise<MemoryTable | undefined> {
    const writes = chain.map(({ write }) => write);
    const scratch = await this.#scratchOf(table, writes, [key]);
    for (const write of writes) {
      const [outcome] = await scratch.commit([write]);
      if (outcome?.kind !== 'committed') return undefined;
    }
    return scratch;
  }

  async #scratchOf(
    table: string,
    writes: readonly VersionedWrite[],
    more: readonly Item[] = [],
  ): Promise<MemoryTable> {
    const schema = this.schema(table);
    const scratch = new MemoryTable(schema);
    const keys = [...more, ...writes.flatMap((write) => keysOf(schema, write))];
    for (const item of await this.#table(table).getMany(keys)) scratch.put(item);
    return scratch;
  }
}

async function markIn(table: MemoryTable, key: Item): Promise<string> {
  const [item] = await table.getMany([key]);
  return itemMark(item);
}

function keysOf(schema: TableSchema, { key, beside }: VersionedWrite): readonly Item[] {
  return [key, ...(beside?.put ?? []).map((item) => keyOf(schema, item)), ...(beside?.remove ?? [])];
}

function keyOf({ partitionKey, sortKey }: TableSchema, item: Item): Item {
  const names = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])];
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}
