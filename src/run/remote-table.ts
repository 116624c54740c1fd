// A table that another process of this machine has in memory: see `startTablesServer`.
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
import type { TableCallName, TableCalls, TableRefusal } from './table-calls.ts';
import { readTableJson, writeTableJson } from './table-calls.ts';
import { TABLE_TYPE } from './tables-server.ts';

export class RemoteTable implements Table {
  readonly #endpoint: string;
  readonly #name: string;
  readonly #accessKey: string;

  /** `accessKey`: which the other side asks for; default: it takes any. */
  constructor(endpoint: string, name: string, accessKey = 'any') {
    this.#endpoint = endpoint;
    this.#accessKey = accessKey;
    this.#name = name;
  }

  getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    return this.#call('getMany', keys);
  }

  commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    return this.#call('commit', writes);
  }

  async putMany(items: readonly Item[]): Promise<void> {
    await this.#call('putMany', items);
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    await this.#call('deleteMany', keys);
  }

  async *query(query: PartitionQuery): AsyncIterable<Item> {
    yield* await this.#call('query', query);
  }

  scanPage(request: ScanRequest): Promise<ScanPage> {
    return this.#call('scanPage', request);
  }

  async *scan(): AsyncIterable<Item> {
    yield* await this.#call('scan', undefined);
  }

  async #call<N extends TableCallName>(name: N, input: unknown): Promise<ReturnType<TableCalls[N]>> {
    let status: number;
    let text: string;
    try {
      const answer = await fetch(this.#endpoint, {
        method: 'POST',
        headers: { 'Content-Type': TABLE_TYPE, Authorization: `Bearer ${this.#accessKey}` },
        body: writeTableJson({ table: this.#name, name, input }),
      });
      status = answer.status;
      text = await answer.text();
    } catch (cause) {
      const message = `the local run at ${this.#endpoint} does not answer: ${String(cause)}`;
      throw new StoreError('table-unavailable', message, { retryable: true, cause });
    }
    const body = readTableJson(text);
    if (status !== 200) {
      // Written by `startTablesServer`, and by nobody else.
      const { code, message, retryable } = body as TableRefusal;
      throw new StoreError(code, message, { retryable });
    }
    // The other side runs the same operation of the same table interface.
    return body as ReturnType<TableCalls[N]>;
  }
}
