// A table on DynamoDB. Conditional writes go out as batches of PartiQL statements: one call for 25 of them, each
// succeeding or failing alone, at single write units, for about a tenth of the CPU of one call a write.

import type {
  AttributeValue,
  BatchStatementResponse,
  DynamoDBClient,
  TransactWriteItem,
  WriteRequest,
} from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  paginateQuery,
  paginateScan,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { systemClock } from '../platform/clock.ts';
import { eachOf } from '../platform/each-of.ts';
import { Patience, type PatienceDeps } from '../platform/patience.ts';
import { statementFor } from './statement.ts';
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

/** Limits of the DynamoDB API. */
const STATEMENTS_PER_CALL = 25;
const GETS_PER_CALL = 100;
const PUTS_PER_CALL = 25;
/** Calls of one operation under way at once: enough to hide a round trip, few enough not to be a burst. */
const CALLS_AT_ONCE = 4;
/** Errors of a call that will be the same the next time. */
const LASTING = new Set(['ValidationException', 'ResourceNotFoundException', 'AccessDeniedException']);
/** The same of a statement. All others may pass: throttled tables, partitions and accounts, transactions, faults inside. */
const LASTING_OF_STATEMENT = new Set([
  'ConditionalCheckFailed',
  'DuplicateItem',
  'ValidationError',
  'ResourceNotFound',
  'AccessDenied',
  'ItemCollectionSizeLimitExceeded',
]);

type Positioned = readonly [position: number, write: VersionedWrite];

export class DynamoTable implements Table {
  readonly #client: DynamoDBClient;
  readonly #name: string;
  readonly #patience: PatienceDeps;

  /** What is refused for a moment is tried again by `patience`'s clock; default: the machine's. */
  constructor(
    client: DynamoDBClient,
    tableName: string,
    patience: PatienceDeps = { clock: systemClock, random: Math.random },
  ) {
    this.#client = client;
    this.#name = tableName;
    this.#patience = patience;
  }

  async getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    const found: Item[] = [];
    await eachOf(chunks(keys, GETS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      let left: Record<string, AttributeValue>[] = chunk.map(toSdk);
      const patience = new Patience(this.#patience);
      while (left.length > 0) {
        const request = { [this.#name]: { Keys: left, ConsistentRead: true } };
        const answer = await this.#send('read', () =>
          this.#client.send(new BatchGetItemCommand({ RequestItems: request })),
        );
        found.push(...(answer.Responses?.[this.#name] ?? []).map(fromSdk));
        left = answer.UnprocessedKeys?.[this.#name]?.Keys ?? [];
        if (left.length > 0 && !(await patience.again())) {
          throw this.#unprocessed('read', left.length, patience.attempts);
        }
      }
    });
    return found;
  }

  async commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    const outcomes: VersionedOutcome[] = [];
    const alone = [...writes.entries()].filter(([, { beside }]) => beside === undefined);
    const together = [...writes.entries()].filter(([, { beside }]) => beside !== undefined);
    await eachOf(together, CALLS_AT_ONCE, async ([position, write]) => {
      outcomes[position] = await this.#transact(write);
    });
    const batches = chunks(alone, STATEMENTS_PER_CALL);
    await eachOf(batches, CALLS_AT_ONCE, async (batch) => {
      const patience = new Patience(this.#patience);
      let left = await this.#execute(batch, outcomes);
      // Nobody else tries these again: to the SDK, the call they were in has been answered.
      while (left.length > 0 && (await patience.again())) left = await this.#execute(left, outcomes);
    });
    return await this.#readTwins(writes, outcomes);
  }

  /** One call; sets the outcomes of its writes and returns those that may be taken the next time. */
  async #execute(batch: readonly Positioned[], outcomes: VersionedOutcome[]): Promise<readonly Positioned[]> {
    let answers: readonly BatchStatementResponse[];
    try {
      const statements = batch.map(([, write]) => statementFor(this.#name, write));
      const command = new BatchExecuteStatementCommand({ Statements: statements });
      answers = (await this.#client.send(command)).Responses ?? [];
    } catch (error) {
      const failed = failedCall(error);
      // Refused as a whole for one of them: each for itself.
      if (failed.tooLarge === true && batch.length > 1)
        return (await Promise.all(batch.map((one) => this.#execute([one], outcomes)))).flat();
      for (const [position] of batch) outcomes[position] = failed;
      return [];
    }
    for (const [at, [position]] of batch.entries()) outcomes[position] = toOutcome(answers[at]);
    return batch.filter((_, at) => mayPass(answers[at]));
  }

  async putMany(items: readonly Item[]): Promise<void> {
    await this.#writeMany(items.map((item) => ({ PutRequest: { Item: toSdk(item) } })));
  }

  async deleteMany(keys: readonly Item[]): Promise<void> {
    await this.#writeMany(keys.map((key) => ({ DeleteRequest: { Key: toSdk(key) } })));
  }

  async #writeMany(requests: readonly WriteRequest[]): Promise<void> {
    await eachOf(chunks(requests, PUTS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      let left: WriteRequest[] = [...chunk];
      const patience = new Patience(this.#patience);
      while (left.length > 0) {
        const request = { [this.#name]: left };
        const answer = await this.#send('write', () =>
          this.#client.send(new BatchWriteItemCommand({ RequestItems: request })),
        );
        left = answer.UnprocessedItems?.[this.#name] ?? [];
        if (left.length > 0 && !(await patience.again())) {
          throw this.#unprocessed('written', left.length, patience.attempts);
        }
      }
    });
  }

  async *query({ index, partition, sort, descending, readAhead }: PartitionQuery): AsyncIterable<Item> {
    const names = { '#p': partition.name, ...(sort === undefined ? {} : { '#s': sort.name }) };
    const values = {
      ':p': partition.value,
      ...(sort === undefined ? {} : { ':from': sort.from, ':to': sort.to }),
    };
    const pages = paginateQuery(
      { client: this.#client, ...(readAhead === undefined ? {} : { pageSize: readAhead }) },
      {
        TableName: this.#name,
        IndexName: index,
        ScanIndexForward: descending !== true,
        ConsistentRead: index === undefined,
        KeyConditionExpression: sort === undefined ? '#p = :p' : '#p = :p AND #s BETWEEN :from AND :to',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      },
    );
    yield* this.#pages(pages);
  }

  async *scan(): AsyncIterable<Item> {
    yield* this.#pages(
      paginateScan({ client: this.#client }, { TableName: this.#name, ConsistentRead: true }),
    );
  }

  async scanPage({ limit, after, consistent = true }: ScanRequest): Promise<ScanPage> {
    const request = {
      TableName: this.#name,
      Limit: limit,
      ConsistentRead: consistent,
      ...(after === undefined ? {} : { ExclusiveStartKey: toSdk(after) }),
    };
    const page = await this.#send('read', () => this.#client.send(new ScanCommand(request)));
    return {
      items: (page.Items ?? []).map(fromSdk),
      next: page.LastEvaluatedKey === undefined ? undefined : fromSdk(page.LastEvaluatedKey),
    };
  }

  async *#pages(
    pages: AsyncIterable<{ readonly Items?: Record<string, AttributeValue>[] | undefined }>,
  ): AsyncIterable<Item> {
    const iterator = pages[Symbol.asyncIterator]();
    for (;;) {
      const page = await this.#send('read', () => iterator.next());
      if (page.done === true) return;
      for (const item of page.value.Items ?? []) yield fromSdk(item);
    }
  }

  /** A write and what is done beside it, in one transaction. */
  async #transact(write: VersionedWrite): Promise<VersionedOutcome> {
    const TableName = this.#name;
    const { put = [], remove = [] } = write.beside ?? {};
    const items: TransactWriteItem[] = [
      this.#transactedWrite(write),
      ...put.map((item) => ({ Put: { TableName, Item: toSdk(item) } })),
      ...remove.map((key) => ({ Delete: { TableName, Key: toSdk(key) } })),
    ];
    try {
      await this.#client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return { kind: 'committed' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) return failedCall(error);
      const reasons = error.CancellationReasons ?? [];
      const [own] = reasons;
      if (own?.Code === 'ConditionalCheckFailed')
        return { kind: 'refused', stored: own.Item === undefined ? undefined : fromSdk(own.Item) };
      const refused = reasons.find(isTooLarge);
      if (refused !== undefined) return { kind: 'failed', reason: refused.Message ?? '', tooLarge: true };
      const codes = reasons.map(({ Code }) => Code).filter((code) => code !== undefined && code !== 'None');
      return { kind: 'failed', reason: `the transaction was cancelled: ${[...new Set(codes)].join(', ')}` };
    }
  }

  #transactedWrite({
    key,
    expectedVersion,
    version,
    expected,
    attributes,
  }: VersionedWrite): TransactWriteItem {
    const TableName = this.#name;
    const [partitionKey = ''] = Object.keys(key);
    const all: [string, Attribute | undefined][] = [
      ...Object.entries(attributes),
      ['version', { N: String(version) }],
    ];
    const set = all.filter((entry): entry is [string, Attribute] => entry[1] !== undefined);
    if (expectedVersion === undefined) {
      return {
        Put: {
          TableName,
          Item: { ...toSdk(key), ...Object.fromEntries(set) },
          ConditionExpression: 'attribute_not_exists(#key)',
          ExpressionAttributeNames: { '#key': partitionKey },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      };
    }
    const removed = all.filter(([, attribute]) => attribute === undefined).map(([name]) => name);
    const names = Object.fromEntries([
      ...all.map(([name], at) => [`#a${at}`, name]),
      ['#version', 'version'],
      ...(expected === undefined ? [] : [['#also', expected.name] as const]),
    ]);
    const place = (name: string) => `#a${all.findIndex(([each]) => each === name)}`;
    const clauses = [
      `SET ${set.map(([name], at) => `${place(name)} = :v${at}`).join(', ')}`,
      ...(removed.length === 0 ? [] : [`REMOVE ${removed.map(place).join(', ')}`]),
    ];
    return {
      Update: {
        TableName,
        Key: toSdk(key),
        UpdateExpression: clauses.join(' '),
        ConditionExpression:
          expected === undefined ? '#version = :expected' : '#version = :expected AND #also = :also',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ...Object.fromEntries(set.map(([, attribute], at) => [`:v${at}`, attribute])),
          ':expected': { N: String(expectedVersion) },
          ...(expected === undefined ? {} : { ':also': expected.value }),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /** An INSERT refused for an item that is there does not bring it back: read those. */
  async #readTwins(
    writes: readonly VersionedWrite[],
    outcomes: readonly VersionedOutcome[],
  ): Promise<readonly VersionedOutcome[]> {
    const twins = writes.filter((write, at) => isUnread(outcomes[at]) && write.expectedVersion === undefined);
    if (twins.length === 0) return outcomes;
    let found: readonly Item[] = [];
    let failure: string | undefined;
    try {
      found = await this.getMany(twins.map(({ key }) => key));
    } catch (error) {
      failure = describe(error);
    }
    return outcomes.map((outcome, at) => {
      const write = writes[at];
      if (write === undefined || !isUnread(outcome)) return outcome;
      // The other writes have outcomes of their own: they must not be lost with this one's.
      if (failure !== undefined) return { kind: 'failed', reason: failure };
      return { kind: 'refused', stored: found.find((candidate) => hasKey(candidate, write.key)) };
    });
  }

  async #send<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      if (failedCall(error).tooLarge === true && error instanceof Error)
        throw new StoreError('item-too-large', `table ${this.#name}: ${error.message}`, { retryable: false });
      throw new StoreError(
        'table-unavailable',
        `table ${this.#name} could not be ${what === 'read' ? 'read' : 'written'}: ${describe(error)}`,
        { retryable: !(error instanceof Error && LASTING.has(error.name)), cause: error },
      );
    }
  }

  #unprocessed(what: string, count: number, calls: number): StoreError {
    return new StoreError(
      'table-throttled',
      `table ${this.#name}: ${count} items were still not ${what} after ${calls} calls`,
      { retryable: true },
    );
  }
}

function toOutcome(answer: BatchStatementResponse | undefined): VersionedOutcome {
  if (answer === undefined) return { kind: 'failed', reason: 'no answer for the statement' };
  const error = answer.Error;
  if (error === undefined) return { kind: 'committed' };
  if (error.Code === 'ConditionalCheckFailed' || error.Code === 'DuplicateItem') {
    return { kind: 'refused', stored: error.Item === undefined ? undefined : fromSdk(error.Item) };
  }
  const reason = `${error.Code ?? 'unknown'}: ${error.Message ?? ''}`;
  return { kind: 'failed', reason, ...(isTooLarge(error) ? { tooLarge: true } : {}) };
}

function failedCall(error: unknown): Extract<VersionedOutcome, { readonly kind: 'failed' }> {
  const reason = describe(error);
  const tooLarge = error instanceof Error && isTooLarge({ Code: error.name, Message: error.message });
  return { kind: 'failed', reason, ...(tooLarge ? { tooLarge } : {}) };
}

/** The service says it by its message alone: of an item that is put, and of one that is updated. */
function isTooLarge(error: {
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
}): boolean {
  const { Code: code = '', Message: message = '' } = error;
  return code.startsWith('Validation') && /item size/i.test(message);
}

function mayPass(answer: BatchStatementResponse | undefined): boolean {
  if (answer?.Error === undefined) return false;
  return !LASTING_OF_STATEMENT.has(answer.Error.Code ?? '');
}

function isUnread(outcome: VersionedOutcome | undefined): boolean {
  return outcome?.kind === 'refused' && outcome.stored === undefined;
}

function hasKey(item: Item, key: Item): boolean {
  return Object.entries(key).every(([name, value]) => JSON.stringify(item[name]) === JSON.stringify(value));
}

function toSdk(item: Item): Record<string, AttributeValue> {
  return { ...item };
}

/** Tidemill's tables hold texts, numbers and bytes; anything else in an item is not ours and is left out. */
function fromSdk(item: Record<string, AttributeValue>): Item {
  const read: [string, Attribute][] = [];
  for (const [name, value] of Object.entries(item)) {
    if (value.S !== undefined) read.push([name, { S: value.S }]);
    else if (value.N !== undefined) read.push([name, { N: value.N }]);
    else if (value.B !== undefined) read.push([name, { B: value.B }]);
  }
  return Object.fromEntries(read);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += size) result.push(all.slice(at, at + size));
  return result;
}
