// A table as a function sees it whose runs are noted: each call is done as it is, and what was answered is noted.
import { itemJson } from '../stores/item-json.ts';
import { digestOf, itemMark, itemText, writeText } from '../stores/item-mark.ts';
import { type CallNote, type NotedError, OUTCOME, type TableMethod } from '../stores/run-note.ts';
import { StoreError } from '../stores/store-error.ts';
import type {
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from '../stores/table.ts';
import type { RunNotes } from './run-notes.ts';

type Answer = Omit<
  CallNote,
  'kind' | 'run' | 'note' | 'atMs' | 'read' | 'call' | 'table' | 'method' | 'asked'
>;

export class NotedTable implements Table {
  readonly #inner: Table;
  readonly #name: string;
  readonly #notes: RunNotes;

  constructor(inner: Table, name: string, notes: RunNotes) {
    this.#inner = inner;
    this.#name = name;
    this.#notes = notes;
  }

  getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    const asked = keysText(keys);
    return this.#noted(
      'getMany',
      asked,
      () => this.#inner.getMany(keys),
      (found) => this.#found(keys, found),
    );
  }

  commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    const asked = JSON.stringify(writes.map(writeText));
    return this.#noted(
      'commit',
      asked,
      () => this.#inner.commit(writes),
      (outcomes) => {
        for (const { key } of writes) this.#notes.isNew(this.#name, itemText(key));
        return outcomesOf(outcomes);
      },
    );
  }

  putMany(items: readonly Item[]): Promise<void> {
    return this.#noted(
      'putMany',
      keysText(items),
      () => this.#inner.putMany(items),
      () => ({}),
    );
  }

  deleteMany(keys: readonly Item[]): Promise<void> {
    return this.#noted(
      'deleteMany',
      keysText(keys),
      () => this.#inner.deleteMany(keys),
      () => ({}),
    );
  }

  scanPage(request: ScanRequest): Promise<ScanPage> {
    const { limit, after } = request;
    const asked = JSON.stringify([limit, after === undefined ? null : itemText(after)]);
    return this.#noted(
      'scanPage',
      asked,
      () => this.#inner.scanPage(request),
      ({ items, next }) => ({
        page: { items: items.map(itemJson), ...(next === undefined ? {} : { next: itemJson(next) }) },
      }),
    );
  }

  query(query: PartitionQuery): AsyncIterable<Item> {
    const { index, partition, sort } = query;
    const bounds = sort === undefined ? {} : { from: sort.from, to: sort.to };
    const asked = JSON.stringify([index ?? '', itemText({ of: partition.value, ...bounds })]);
    return this.#walk('query', asked, () => this.#inner.query(query));
  }

  scan(): AsyncIterable<Item> {
    return this.#walk('scan', '', () => this.#inner.scan());
  }

  async #noted<T>(
    method: TableMethod,
    asked: string,
    send: () => Promise<T>,
    answered: (result: T) => Answer,
  ): Promise<T> {
    const note = this.#begin(method, asked);
    try {
      const result = await send();
      note(answered(result));
      return result;
    } catch (error) {
      note({ error: notedError(error) });
      throw error;
    }
  }

  async *#walk(method: TableMethod, asked: string, walk: () => AsyncIterable<Item>): AsyncIterable<Item> {
    const call = this.#notes.nextCall();
    const note = this.#begin(method, asked, call);
    let failed: Answer = {};
    try {
      for await (const item of walk()) {
        this.#notes.tookItem(call, itemJson(item));
        yield item;
      }
    } catch (error) {
      failed = { error: notedError(error) };
      throw error;
    } finally {
      note(failed);
    }
  }

  #begin(method: TableMethod, asked: string, call = this.#notes.nextCall()): (answer: Answer) => void {
    const run = this.#notes.current;
    const said = { call, table: this.#name, method, asked: digestOf(asked) };
    return (answer) => this.#notes.write(run, { kind: 'call', ...said, ...answer });
  }

  #found(keys: readonly Item[], found: readonly Item[]): Answer {
    const byKey = new Map(found.map((item) => [keyTextIn(item, keys[0] ?? {}), item]));
    const items = keys.flatMap((key, at) => {
      const item = byKey.get(itemText(key));
      return this.#notes.isNew(this.#name, itemText(key)) && item !== undefined
        ? [[at, itemJson(item)] as const]
        : [];
    });
    const marks = keys.map((key) => itemMark(byKey.get(itemText(key))));
    return { marks, ...(items.length === 0 ? {} : { items }) };
  }
}

/** The key of an item has the attributes that other keys of its table have. */
export function keyTextIn(item: Item, like: Item): string {
  const attributes = Object.entries(item).filter(([name]) => name in like);
  return itemText(Object.fromEntries(attributes));
}

export function keysText(keys: readonly Item[]): string {
  return JSON.stringify(keys.map(itemText));
}

function outcomesOf(outcomes: readonly VersionedOutcome[]): Answer {
  const stored: string[] = [];
  const reasons: string[] = [];
  const letters = outcomes.map((outcome) => {
    if (outcome.kind === 'refused') stored.push(itemMark(outcome.stored));
    if (outcome.kind === 'failed') reasons.push(outcome.reason);
    return outcome.kind === 'failed' && outcome.tooLarge === true ? OUTCOME.tooLarge : OUTCOME[outcome.kind];
  });
  return {
    outcomes: letters.join(''),
    ...(stored.length === 0 ? {} : { stored }),
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}

export function notedError(error: unknown): NotedError {
  if (error instanceof StoreError) {
    const { code, retryable, message } = error;
    return { code, retryable, message };
  }
  return { message: String(error) };
}
