// A table whose every write is lost once: before it is done, or after, when only the answer is lost. The write that comes in
// its place goes through.
import { StoreError } from '../stores/store-error.ts';
import type {
  Attribute,
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from '../stores/table.ts';

/** What is lost: the write itself, or the answer that says it was done. */
export type Loss = 'commit' | 'answer';

export class LossyTable implements Table {
  readonly #inner: Table;
  readonly #loss: Loss;
  readonly #lost: Set<string>;

  /** `lost`: the writes lost so far; shared by all who write the table, so that each is lost once. */
  constructor(inner: Table, { loss, lost }: { readonly loss: Loss; readonly lost: Set<string> }) {
    this.#inner = inner;
    this.#loss = loss;
    this.#lost = lost;
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    const isLost = writes.map(({ key, version }) => this.#isNew(`${JSON.stringify(key)} ${version}`));
    const sent = this.#loss === 'answer' ? writes : writes.filter((_, at) => !isLost[at]);
    const outcomes = await this.#inner.commit(sent);
    if (this.#loss === 'answer') return outcomes.map((outcome, at) => (isLost[at] ? LOST : outcome));
    const answered = outcomes.values();
    return isLost.map((lost) => (lost ? LOST : (answered.next().value ?? LOST)));
  }

  async putMany(items: readonly Item[]): Promise<void> {
    const lost = items.filter((item) => this.#isNew(itemText(item)));
    if (lost.length === 0) return await this.#inner.putMany(items);
    if (this.#loss === 'answer') await this.#inner.putMany(items);
    throw new StoreError('table-unavailable', `the ${this.#loss} was lost, as planned`, { retryable: true });
  }

  #isNew(write: string): boolean {
    if (this.#lost.has(write)) return false;
    this.#lost.add(write);
    return true;
  }

  getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    return this.#inner.getMany(keys);
  }

  deleteMany(keys: readonly Item[]): Promise<void> {
    return this.#inner.deleteMany(keys);
  }

  query(query: PartitionQuery): AsyncIterable<Item> {
    return this.#inner.query(query);
  }

  scanPage(request: ScanRequest): Promise<ScanPage> {
    return this.#inner.scanPage(request);
  }

  scan(): AsyncIterable<Item> {
    return this.#inner.scan();
  }
}

const LOST: VersionedOutcome = { kind: 'failed', reason: 'lost, as planned' };

function itemText(item: Item): string {
  return JSON.stringify(item, (_, value: Attribute) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
}
