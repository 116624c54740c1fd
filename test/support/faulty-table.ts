// A table that fails in every way its port allows: before or after doing what it was asked, for some writes or all,
// with answers lost or out of date. What it does not refuse it does, on the table beneath.
import { StoreError } from '../../src/stores/store-error.ts';
import type {
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from '../../src/stores/table.ts';
import type { Faults } from './faults.ts';
import type { Stall } from './stall.ts';

export interface FaultyTableOptions {
  readonly faults: Faults;
  readonly stall: Stall;
  /** What an item was before its latest change: a refusal may bring that back. */
  readonly previousImage: (key: Item) => Item | undefined;
}

export class FaultyTable implements Table {
  readonly #inner: Table;
  readonly #faults: Faults;
  readonly #stall: Stall;
  readonly #previousImage: (key: Item) => Item | undefined;

  constructor(inner: Table, { faults, stall, previousImage }: FaultyTableOptions) {
    this.#inner = inner;
    this.#faults = faults;
    this.#stall = stall;
    this.#previousImage = previousImage;
  }

  async getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    await this.#stall.pass();
    if (this.#faults.draw(6) === 5) throw unavailable('read');
    return await this.#inner.getMany(keys);
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    await this.#stall.pass();
    const fault = this.#faults.draw(12);
    if (fault === 7) throw unavailable('written');
    if (fault === 8) {
      await this.#inner.commit(writes);
      throw unavailable('written, or so it seems');
    }
    if (fault < 7) return await this.#inner.commit(writes);
    const outcomes: VersionedOutcome[] = [];
    for (const write of writes) outcomes.push(await this.#commitBadly(write));
    return outcomes;
  }

  async putMany(items: readonly Item[]): Promise<void> {
    await this.#stall.pass();
    const fault = this.#faults.draw(8);
    if (fault === 7) throw unavailable('written');
    if (fault < 5) return await this.#inner.putMany(items);
    const written = fault === 6 ? items : items.filter(() => this.#faults.draw(2) === 1);
    await this.#inner.putMany(written);
    throw unavailable('written in full');
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    await this.#stall.pass();
    if (this.#faults.draw(8) === 7) throw unavailable('written');
    await this.#inner.deleteMany(keys);
  }

  async scanPage(request: ScanRequest): Promise<ScanPage> {
    await this.#stall.pass();
    if (this.#faults.draw(40) === 39) throw unavailable('read');
    return await this.#inner.scanPage(request);
  }

  async *query(query: PartitionQuery): AsyncIterable<Item> {
    await this.#stall.pass();
    const fault = this.#faults.draw(40);
    for await (const item of this.#inner.query(query)) {
      if (fault === 39) throw unavailable('read');
      yield item;
    }
  }

  scan(): AsyncIterable<Item> {
    return this.#inner.scan();
  }

  async #commitBadly(write: VersionedWrite): Promise<VersionedOutcome> {
    switch (this.#faults.draw(5)) {
      case 1:
        return { kind: 'failed', reason: 'throttled' };
      case 2:
        await this.#inner.commit([write]);
        return { kind: 'failed', reason: 'the answer was lost' };
      case 3: {
        // A client that tried again after losing the answer is refused by its own write.
        await this.#inner.commit([write]);
        const [stored] = await this.#inner.getMany([write.key]);
        return { kind: 'refused', stored };
      }
      case 4:
        return { kind: 'refused', stored: this.#previousImage(write.key) };
      default: {
        const [outcome] = await this.#inner.commit([write]);
        return outcome ?? { kind: 'failed', reason: 'no outcome' };
      }
    }
  }
}

function unavailable(what: string): StoreError {
  return new StoreError('table-unavailable', `table could not be ${what}`, { retryable: true });
}
