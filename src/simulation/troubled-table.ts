// A table as a container sees it whose calls go wrong as planned: not done, half done, done and never answered; refused
// with what was there a write ago; or late. What it does it does on the table beneath.
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
import type { CallFault } from './fault-schedule.ts';
import type { Invocation } from './invocation.ts';
import type { StatementFate } from './plan.ts';

export interface TroubledTableDeps {
  /** The container's invocation under way. */
  readonly invocation: () => Invocation;
  /** Whether every call fails now. */
  readonly isOut: () => boolean;
  /** Whether it takes but one conditional write of a call now. */
  readonly isThrottled: () => boolean;
  /** What an item was before its latest change: a refusal may bring that back. */
  readonly previousImage: (key: Item) => Item | undefined;
}

export class TroubledTable implements Table {
  readonly #inner: Table;
  readonly #deps: TroubledTableDeps;

  constructor(inner: Table, deps: TroubledTableDeps) {
    this.#inner = inner;
    this.#deps = deps;
  }

  async getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    failIfPlanned(fault);
    const items = await this.#inner.getMany(keys);
    await invocation.answer(fault);
    return items;
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    let outcomes: readonly VersionedOutcome[] = [];
    const fates =
      fault?.kind === 'statements' ? fault.fates : this.#deps.isThrottled() ? ONE_OF_MANY : undefined;
    if (fates !== undefined) {
      const each: VersionedOutcome[] = [];
      for (const [at, write] of writes.entries()) {
        each.push(await this.#commitOne(write, fates[at % fates.length] ?? 'fine'));
      }
      outcomes = each;
    } else {
      const done = isUndone(fault) ? [] : isHalfDone(fault) ? everyOther(writes) : writes;
      if (done.length > 0) outcomes = await this.#inner.commit(done);
      failIfPlanned(fault);
    }
    await invocation.answer(fault);
    return outcomes;
  }

  async putMany(items: readonly Item[]): Promise<void> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    const done = isUndone(fault) ? [] : isHalfDone(fault) ? everyOther(items) : items;
    if (done.length > 0) await this.#inner.putMany(done);
    failIfPlanned(fault);
    await invocation.answer(fault);
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    const done = isUndone(fault) ? [] : isHalfDone(fault) ? everyOther(keys) : keys;
    if (done.length > 0) await this.#inner.deleteMany(done);
    failIfPlanned(fault);
    await invocation.answer(fault);
  }

  async scanPage(request: ScanRequest): Promise<ScanPage> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    failIfPlanned(fault);
    const page = await this.#inner.scanPage(request);
    await invocation.answer(fault);
    return page;
  }

  async *query(query: PartitionQuery): AsyncIterable<Item> {
    const invocation = this.#deps.invocation();
    const fault = await this.#call();
    if (isUndone(fault)) throw unavailable();
    const items: Item[] = [];
    for await (const item of this.#inner.query(query)) items.push(item);
    yield* isHalfDone(fault) ? everyOther(items) : items;
    failIfPlanned(fault);
    await invocation.answer(fault);
  }

  scan(): AsyncIterable<Item> {
    return this.#inner.scan();
  }

  /** Begins a call: gives what is to go wrong with it. */
  async #call(): Promise<CallFault | undefined> {
    const fault = await this.#deps.invocation().call();
    if (this.#deps.isOut()) throw unavailable();
    return fault;
  }

  async #commitOne(write: VersionedWrite, fate: StatementFate): Promise<VersionedOutcome> {
    switch (fate) {
      case 'throttled':
        return { kind: 'failed', reason: 'ThrottlingError' };
      case 'stale':
        return { kind: 'refused', stored: this.#deps.previousImage(write.key) };
      case 'fine':
      case 'answer-lost':
      case 'own': {
        const [outcome = { kind: 'failed', reason: 'no outcome' } as const] = await this.#inner.commit([
          write,
        ]);
        if (fate === 'fine') return outcome;
        if (fate === 'answer-lost') return { kind: 'failed', reason: 'the answer was lost' };
        // A client that tried again after losing the answer is refused by its own write.
        const [stored] = await this.#inner.getMany([write.key]);
        return { kind: 'refused', stored };
      }
    }
  }
}

const ONE_OF_MANY: readonly StatementFate[] = [
  'fine',
  ...Array.from({ length: 99 }, () => 'throttled' as const),
];

function isUndone(fault: CallFault | undefined): boolean {
  return fault?.kind === 'unavailable' && fault.when === 'before';
}

function isHalfDone(fault: CallFault | undefined): boolean {
  return (fault?.kind === 'unavailable' || fault?.kind === 'crash') && fault.when === 'during';
}

function everyOther<T>(all: readonly T[]): T[] {
  return all.filter((_, at) => at % 2 === 0);
}

function failIfPlanned(fault: CallFault | undefined): void {
  if (fault?.kind === 'unavailable') throw unavailable();
}

function unavailable(): StoreError {
  return new StoreError('table-unavailable', 'the table could not be reached', { retryable: true });
}
