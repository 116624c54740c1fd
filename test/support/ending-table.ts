// A table whose process ends: from some call on nothing is answered any more, and the last call may have been done.
import type {
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from '../../src/stores/table.ts';

/** The end of one process, which ends for all of its tables at once. */
export class ProcessEnd {
  #left: number;
  readonly #isDone: boolean;
  readonly turn: () => Promise<void>;

  /** `calls`: so many are answered; undefined: all. `turn`: awaited before each call. */
  constructor(
    { calls, isDone }: { readonly calls: number | undefined; readonly isDone: boolean },
    turn: () => Promise<void> = async () => {},
  ) {
    this.#left = calls ?? Number.POSITIVE_INFINITY;
    this.#isDone = isDone;
    this.turn = turn;
  }

  async call<T>(work: () => Promise<T>): Promise<T> {
    await this.turn();
    this.#left -= 1;
    if (this.#left >= 0) return await work();
    if (this.#left === -1 && this.#isDone) await work();
    throw new ProcessEnded();
  }
}

export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

export class EndingTable implements Table {
  readonly #inner: Table;
  readonly #end: ProcessEnd;

  constructor(inner: Table, end: ProcessEnd) {
    this.#inner = inner;
    this.#end = end;
  }

  getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    return this.#end.call(() => this.#inner.getMany(keys));
  }

  commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    return this.#end.call(() => this.#inner.commit(writes));
  }

  putMany(items: readonly Item[]): Promise<void> {
    return this.#end.call(() => this.#inner.putMany(items));
  }

  deleteMany(keys: readonly Item[]): Promise<void> {
    return this.#end.call(() => this.#inner.deleteMany(keys));
  }

  async *query(query: PartitionQuery): AsyncIterable<Item> {
    await this.#end.call(async () => {});
    yield* this.#inner.query(query);
  }

  scanPage(request: ScanRequest): Promise<ScanPage> {
    return this.#end.call(() => this.#inner.scanPage(request));
  }

  async *scan(): AsyncIterable<Item> {
    await this.#end.call(async () => {});
    yield* this.#inner.scan();
  }
}
