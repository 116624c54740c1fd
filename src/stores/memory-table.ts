// A table in memory, with a changelog like a DynamoDB stream's: for tests, simulation and machines without Java.
import { createHash } from 'node:crypto';
import {
  attributeBytes,
  itemBytes,
  MAX_ITEM_BYTES,
  MAX_PARTITION_KEY_BYTES,
  MAX_SORT_KEY_BYTES,
} from './item-size.ts';
import { StoreError } from './store-error.ts';
import type {
  Attribute,
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from './table.ts';
import { numberOf } from './table.ts';

export interface TableSchema {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** By index name: items without both attributes are not in the index. */
  readonly indexes?: Readonly<Record<string, { readonly partitionKey: string; readonly sortKey: string }>>;
}

/** One change, as the table's stream tells it. Writes that change nothing make none. */
export interface TableChange {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly keys: Item;
  readonly oldImage: Item | undefined;
  readonly newImage: Item | undefined;
}

export class MemoryTable implements Table {
  readonly #schema: TableSchema;
  readonly #onChange: (change: TableChange) => void;
  readonly #items = new Map<string, Item>();

  constructor(schema: TableSchema, onChange: (change: TableChange) => void = () => {}) {
    this.#schema = schema;
    this.#onChange = onChange;
  }

  async getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    const found = keys.map((key) => this.#items.get(this.#keyText(key)));
    return found.filter((item) => item !== undefined);
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    this.#refuseTwins(writes.map(({ key }) => key));
    return writes.map((write) => {
      const stored = this.#items.get(this.#keyText(write.key));
      const { expectedVersion } = write;
      const isExpected =
        expectedVersion === undefined
          ? stored === undefined
          : stored !== undefined && numberOf(stored, 'version') === expectedVersion;
      if (!isExpected) return { kind: 'refused', stored };
      if (write.expected !== undefined && !isAsExpected(stored, write.expected))
        return { kind: 'refused', stored };
      const item = new Map(Object.entries(stored ?? write.key));
      item.set('version', { N: String(write.version) });
      for (const [name, attribute] of Object.entries(write.attributes)) {
        if (attribute === undefined) item.delete(name);
        else item.set(name, attribute);
      }
      const next = Object.fromEntries(item);
      const refusal = [next, ...(write.beside?.put ?? [])].map((each) => this.#refusalOf(each));
      const reason = refusal.find((each) => each !== undefined);
      if (reason !== undefined)
        return {
          kind: 'failed',
          reason: `ValidationError: ${reason}`,
          ...(reason === TOO_LARGE ? { tooLarge: true } : {}),
        };
      for (const beside of write.beside?.put ?? []) this.#store(beside);
      for (const key of write.beside?.remove ?? []) this.remove(key);
      this.#store(next);
      return { kind: 'committed' };
    });
  }

  async putMany(items: readonly Item[]): Promise<void> {
    this.#refuseTwins(items);
    for (const item of items) this.#refuse(item);
    for (const item of items) this.#store(item);
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    this.#refuseTwins(keys);
    for (const key of keys) this.remove(key);
  }

  async *query({ index, partition, sort, descending = false }: PartitionQuery): AsyncIterable<Item> {
    const sortKey = index === undefined ? this.#schema.sortKey : this.#schema.indexes?.[index]?.sortKey;
    const found: Item[] = [];
    for (const item of this.#items.values()) {
      const own = item[partition.name];
      if (own === undefined || !sameAttribute(own, partition.value)) continue;
      const sortValue = sortKey === undefined ? undefined : item[sortKey];
      if (sortKey !== undefined && sortValue === undefined) continue;
      if (sort === undefined || (compare(sortValue, sort.from) >= 0 && compare(sortValue, sort.to) <= 0))
        found.push(item);
    }
    if (sortKey !== undefined) found.sort((a, b) => compare(a[sortKey], b[sortKey]));
    yield* descending ? found.reverse() : found;
  }

  /** By the hash of the partition key, then by the sort key, as the service does: a place that no write moves. */
  async scanPage({ limit, after }: ScanRequest): Promise<ScanPage> {
    const placed = [...this.#items.values()].map((item) => ({ place: this.#placeOf(item), item }));
    placed.sort((a, b) => comparePlaces(a.place, b.place));
    const from = after === undefined ? undefined : this.#placeOf(after);
    const left = from === undefined ? placed : placed.filter(({ place }) => comparePlaces(place, from) > 0);
    const items = left.slice(0, limit).map(({ item }) => item);
    const last = items.at(-1);
    return { items, next: last !== undefined && left.length > limit ? this.#keysOf(last) : undefined };
  }

  async *scan(): AsyncIterable<Item> {
    yield* [...this.#items.values()];
  }

  /** Puts one item, whatever is there. */
  put(item: Item): void {
    this.#refuse(item);
    this.#store(item);
  }

  /** Takes an item away, as a user or TTL would. */
  remove(key: Item): void {
    const oldImage = this.#items.get(this.#keyText(key));
    if (oldImage === undefined) return;
    this.#items.delete(this.#keyText(key));
    this.#onChange({ eventName: 'REMOVE', keys: this.#keysOf(oldImage), oldImage, newImage: undefined });
  }

  #store(item: Item): void {
    const key = this.#keyText(item);
    const oldImage = this.#items.get(key);
    if (oldImage !== undefined && sameItem(oldImage, item)) return;
    this.#items.set(key, item);
    const eventName = oldImage === undefined ? 'INSERT' : 'MODIFY';
    this.#onChange({ eventName, keys: this.#keysOf(item), oldImage, newImage: item });
  }

  #refuse(item: Item): void {
    const reason = this.#refusalOf(item);
    if (reason === undefined) return;
    const code = reason === TOO_LARGE ? 'item-too-large' : 'item-refused';
    throw new StoreError(code, `the table refused an item: ${reason}`, { retryable: false });
  }

  /** Why the service would not take the item, as it says it. */
  #refusalOf(item: Item): string | undefined {
    const { partitionKey, sortKey, indexes = {} } = this.#schema;
    const hash = [partitionKey, ...Object.values(indexes).map((index) => index.partitionKey)];
    const range = [sortKey, ...Object.values(indexes).map((index) => index.sortKey)];
    for (const [names, most] of [
      [hash, MAX_PARTITION_KEY_BYTES],
      [range, MAX_SORT_KEY_BYTES],
    ] as const) {
      for (const name of names) {
        const bytes = name === undefined ? undefined : keyBytes(item[name]);
        if (bytes === 0) return `found nothing in the key attribute ${name}, expected at least a byte`;
        if (bytes !== undefined && bytes > most)
          return `found ${bytes} bytes in the key attribute ${name}, expected at most ${most}`;
      }
    }
    return itemBytes(item) > MAX_ITEM_BYTES ? TOO_LARGE : undefined;
  }

  /** As the service does. */
  #refuseTwins(items: readonly Item[]): void {
    const keys = new Set(items.map((item) => this.#keyText(item)));
    if (keys.size < items.length) {
      const message = `found ${items.length} items of ${keys.size} keys in one call, expected one item a key`;
      throw new StoreError('table-twins', message, { retryable: false });
    }
  }

  #keysOf(item: Item): Item {
    const names = [
      this.#schema.partitionKey,
      ...(this.#schema.sortKey === undefined ? [] : [this.#schema.sortKey]),
    ];
    return Object.fromEntries(
      names.map((name) => {
        const attribute = item[name];
        if (attribute === undefined) throw new Error(`item without its key attribute ${name}`);
        return [name, attribute];
      }),
    );
  }

  #placeOf(item: Item): Place {
    const { partitionKey, sortKey } = this.#schema;
    const hash = createHash('sha256').update(JSON.stringify(item[partitionKey])).digest('hex');
    return { hash, sort: sortKey === undefined ? undefined : item[sortKey] };
  }

  #keyText(item: Item): string {
    return JSON.stringify(Object.values(this.#keysOf(item)));
  }
}

const TOO_LARGE = `Item size has exceeded the maximum allowed size of ${MAX_ITEM_BYTES} bytes`;

/** Numbers are never too long. */
function keyBytes(attribute: Attribute | undefined): number | undefined {
  return attribute === undefined || 'N' in attribute ? undefined : attributeBytes(attribute);
}

interface Place {
  readonly hash: string;
  readonly sort: Attribute | undefined;
}

function comparePlaces(a: Place, b: Place): number {
  return a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : compare(a.sort, b.sort);
}

/** Numbers as numbers, texts by their UTF-8 bytes; an absent attribute is before all. */
function compare(a: Attribute | undefined, b: Attribute | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if ('N' in a && 'N' in b) return Number(a.N) - Number(b.N);
  const [left, right] = ['S' in a ? a.S : '', 'S' in b ? b.S : ''];
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function isAsExpected(
  stored: Item | undefined,
  { name, value }: NonNullable<VersionedWrite['expected']>,
): boolean {
  const found = stored?.[name];
  return found !== undefined && sameAttribute(found, value);
}

function sameAttribute(a: Attribute | undefined, b: Attribute | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('B' in a) return 'B' in b && Buffer.compare(a.B, b.B) === 0;
  return 'S' in a ? 'S' in b && a.S === b.S : 'N' in b && Number(a.N) === Number(b.N);
}

function sameItem(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameAttribute(a[name], b[name]));
}
