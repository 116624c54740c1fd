// A table whose changes are told to whoever folds them on, by the one who makes them: for tables that no mapping reads. With each
// change, in the same transaction, goes a mark of what was there before; it is taken away when the change has been told. Nobody
// goes on from an item before what has been done to it is told, so changes of an item are told in their order and none is left out,
// wherever a writer ends and however many there are. A change may be told twice, as a change stream does.
import type { TableChange } from './memory-table.ts';
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
import { number, numberOf } from './table.ts';

/** Which items of a table have their changes reported, and where the marks are kept. */
export interface ToldItems {
  /** Attributes of the table's key. */
  readonly keyNames: readonly string[];
  /** The attribute that holds what an item is about: a write that leaves it alone is no news. */
  readonly content: string;
  /** Whether changes of items with this key are reported; those of marks are not. */
  isTold(key: Item, attributes: Readonly<Record<string, Attribute | undefined>>): boolean;
  /** The mark's key, and attributes by which `untold` finds it. */
  markOf(key: Item): { readonly key: Item; readonly untold: Item };
  /** The key of the item that a mark is of; undefined: it is no mark. */
  keyOf(mark: Item): Item | undefined;
  /** Where an index has the marks of changes that are not told yet. */
  readonly untold: readonly PartitionQuery[];
}

export interface TellingTableOptions {
  readonly table: Table;
  readonly items: ToldItems;
  /** In the order of each item's changes. Rejects where they are not folded: they are told again. */
  readonly tell: (changes: readonly TableChange[]) => Promise<void>;
  /** Items kept as they were last told, so that they need not be read. Default: 10,000. */
  readonly remembered?: number;
}

export class TellingTable implements Table {
  readonly #table: Table;
  readonly #items: ToldItems;
  readonly #tell: TellingTableOptions['tell'];
  readonly #remembered: number;
  /** By key: what is there, and all that was done to it has been told. */
  readonly #told = new Map<string, Item>();

  constructor({ table, items, tell, remembered = 10_000 }: TellingTableOptions) {
    this.#table = table;
    this.#items = items;
    this.#tell = tell;
    this.#remembered = remembered;
  }

  /** What has been done to the items before is told when this resolves. */
  async getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    const told = keys.filter((key) => this.#items.isTold(key, {}));
    const found = await this.#table.getMany([...keys, ...told.map((key) => this.#items.markOf(key).key)]);
    const items: Item[] = [];
    const marks: Item[] = [];
    for (const item of found) (this.#items.keyOf(item) === undefined ? items : marks).push(item);
    const byKey = new Map(items.map((item) => [this.#keyText(item), item]));
    await this.#tellAll(
      marks.flatMap((mark) => {
        const key = this.#items.keyOf(mark) ?? mark;
        const now = byKey.get(this.#keyText(key));
        return now === undefined || !isUntold(mark, now)
          ? []
          : [{ key, before: beforeOf(mark, this.#items.content), now }];
      }),
    );
    for (const key of told) {
      const item = byKey.get(this.#keyText(key));
      if (item !== undefined) this.#remember(this.#keyText(key), item);
    }
    return items;
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    const news = writes.map((write) => this.#isNews(write));
    const before = await this.#before(writes.filter((_, at) => news[at] === true));
    const outcomes = await this.#table.commit(
      writes.map((write, at) =>
        news[at] === true ? this.#marked(write, before.get(this.#keyText(write.key))) : write,
      ),
    );
    const changes: Change[] = [];
    for (const [at, write] of writes.entries()) {
      const key = this.#keyText(write.key);
      if (outcomes[at]?.kind !== 'committed' || news[at] !== true) {
        // Another attribute than the content, or somebody else's write.
        this.#told.delete(key);
        continue;
      }
      const then = before.get(key);
      this.#told.delete(key);
      changes.push({ key: write.key, before: then, now: written(write, then) });
    }
    if (changes.length === 0) return outcomes;
    try {
      await this.#tellAll(changes);
    } catch (error) {
      // Written, and marked: whoever reads the items next tells it.
      const reason = `written, but not told: ${error instanceof Error ? error.message : String(error)}`;
      return outcomes.map((outcome, at) =>
        outcome.kind === 'committed' && news[at] === true ? { kind: 'failed', reason } : outcome,
      );
    }
    for (const { key, now } of changes) this.#remember(this.#keyText(key), now);
    return outcomes;
  }

  async putMany(items: readonly Item[]): Promise<void> {
    await this.#table.putMany(items);
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    for (const key of keys) this.#told.delete(this.#keyText(key));
    await this.#table.deleteMany(keys);
  }

  query(query: PartitionQuery): AsyncIterable<Item> {
    return this.#table.query(query);
  }

  scanPage(request: ScanRequest): Promise<ScanPage> {
    return this.#table.scanPage(request);
  }

  scan(): AsyncIterable<Item> {
    return this.#table.scan();
  }

  /** Tells what others left untold when they ended; the index that shows it may be a moment behind. Returns how many. */
  async tellUntold(): Promise<number> {
    let told = 0;
    for (const query of this.#items.untold) {
      for await (const mark of this.#table.query(query)) told += await this.#tellMark(mark);
    }
    return told;
  }

  /** As `tellUntold`, by a walk over the whole table: nothing is left out. */
  async tellWhole(): Promise<number> {
    let told = 0;
    for await (const item of this.#table.scan()) {
      if (numberOf(item, PENDING) !== undefined) told += await this.#tellMark(item);
    }
    return told;
  }

  async #tellMark(mark: Item): Promise<number> {
    const key = this.#items.keyOf(mark);
    if (key === undefined) return 0;
    await this.getMany([key]);
    return 1;
  }

  #isNews({ key, attributes }: VersionedWrite): boolean {
    return attributes[this.#items.content] !== undefined && this.#items.isTold(key, attributes);
  }

  /** The items as they are now, once every pending change has been reported. A write that expects another version is refused, whatever its mark says. */
  async #before(writes: readonly VersionedWrite[]): Promise<ReadonlyMap<string, Item>> {
    const before = new Map<string, Item>();
    const unknown: Item[] = [];
    for (const { key, expectedVersion } of writes) {
      if (expectedVersion === undefined) continue;
      const known = this.#told.get(this.#keyText(key));
      if (known !== undefined && numberOf(known, 'version') === expectedVersion)
        before.set(this.#keyText(key), known);
      else unknown.push(key);
    }
    if (unknown.length === 0) return before;
    for (const item of await this.getMany(unknown)) before.set(this.#keyText(item), item);
    return before;
  }

  #marked(write: VersionedWrite, before: Item | undefined): VersionedWrite {
    const { key, untold } = this.#items.markOf(write.key);
    const content = before?.[this.#items.content];
    const mark: Item = {
      ...key,
      ...untold,
      version: number(write.version),
      [PENDING]: number(write.version),
      ...(content === undefined ? {} : { [BEFORE]: content }),
      ...(before?.['version'] === undefined ? {} : { [BEFORE_VERSION]: before['version'] }),
      // A long name is only a hash in the key, so the name is kept beside it.
      ...(before?.['name'] === undefined ? {} : { name: before['name'] }),
    };
    return {
      ...write,
      beside: { put: [...(write.beside?.put ?? []), mark], remove: write.beside?.remove ?? [] },
    };
  }

  async #tellAll(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#tell(
      changes.map(({ key, before, now }) => ({
        eventName: before === undefined ? 'INSERT' : 'MODIFY',
        keys: key,
        oldImage: before,
        newImage: now,
      })),
    );
    const outcomes = await this.#table.commit(changes.map(({ key, now }) => this.#takenAway(key, now)));
    // Refused: somebody has told it too and gone on.
    const failed = outcomes.find(({ kind }) => kind === 'failed');
    if (failed?.kind === 'failed')
      throw new StoreError('mark-stays', `a change was told, and its mark stays: ${failed.reason}`, {
        retryable: true,
      });
  }

  #takenAway(key: Item, now: Item): VersionedWrite {
    const mark = this.#items.markOf(key);
    const version = numberOf(now, 'version') ?? 0;
    const attributes = Object.fromEntries(
      [BEFORE, BEFORE_VERSION, PENDING, ...Object.keys(mark.untold)].map((name) => [name, undefined]),
    );
    return { key: mark.key, expectedVersion: version, version, attributes };
  }

  #keyText(item: Item): string {
    return JSON.stringify(this.#items.keyNames.map((name) => item[name]));
  }

  #remember(key: string, item: Item): void {
    this.#told.delete(key);
    this.#told.set(key, item);
    if (this.#told.size <= this.#remembered) return;
    for (const oldest of this.#told.keys()) {
      this.#told.delete(oldest);
      break;
    }
  }
}

/** Attributes of a mark: what was there before, its version, and the version whose change is not told yet. */
const BEFORE = 'before';
const BEFORE_VERSION = 'beforeVersion';
const PENDING = 'pending';

interface Change {
  readonly key: Item;
  readonly before: Item | undefined;
  readonly now: Item;
}

/** Whether the change behind a mark is still to be told. Once the item has a newer version, everything before it has been told. */
function isUntold(mark: Item, now: Item): boolean {
  const pending = numberOf(mark, PENDING);
  return pending !== undefined && pending === numberOf(now, 'version');
}

function beforeOf(mark: Item, content: string): Item | undefined {
  const before = mark[BEFORE];
  const version = mark[BEFORE_VERSION];
  if (before === undefined || version === undefined) return undefined;
  return { [content]: before, version, ...(mark['name'] === undefined ? {} : { name: mark['name'] }) };
}

function written({ key, version, attributes }: VersionedWrite, before: Item | undefined): Item {
  const item = new Map(Object.entries(before ?? key));
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute === undefined) item.delete(name);
    else item.set(name, attribute);
  }
  item.set('version', number(version));
  return Object.fromEntries(item);
}
