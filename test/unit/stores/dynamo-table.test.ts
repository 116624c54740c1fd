import { describe, expect, it, test } from 'vitest';
import { DynamoTable } from '../../../src/stores/dynamo-table.ts';
import { StoreError } from '../../../src/stores/store-error.ts';
import { number, text, type VersionedWrite } from '../../../src/stores/table.ts';
import { type Answers, answeringDynamoDb } from '../../support/answering-dynamodb.ts';

/** Its time passes with the pauses alone, and with what an answer takes. */
class PauseClock {
  readonly pauses: number[] = [];
  #nowMs = 0;
  nowMs(): number {
    return this.#nowMs;
  }
  async sleep(ms: number): Promise<void> {
    this.pauses.push(ms);
    this.#nowMs += ms;
  }
  pass(ms: number): void {
    this.#nowMs += ms;
  }
}
const tableOf = (answers: Answers, clock = new PauseClock(), random = () => 0) =>
  new DynamoTable(answeringDynamoDb(answers), 'sources', { clock, random });
/** The source that each statement of a call writes: the last parameter before the version expected. */
const sourcesOf = (statements: unknown): readonly string[] =>
  Array.isArray(statements) ? statements.map(({ Parameters }) => Parameters.at(-2).S) : [];
const write = (source: string, expectedVersion?: number): VersionedWrite => ({
  key: { source: text(source) },
  expectedVersion,
  version: (expectedVersion ?? 0) + 1,
  attributes: { state: text('{}'), closesAt: undefined },
});
const stored = (source: string) => ({ source: { S: source }, version: { N: '7' }, state: { S: '{"v":1}' } });

describe('committing', () => {
  it('gives each write its own outcome, with what is stored where it was refused', async () => {
    const table = tableOf((operation) =>
      operation === 'BatchExecuteStatement'
        ? {
            Responses: [
              {},
              { Error: { Code: 'ConditionalCheckFailed', Message: 'no', Item: stored('b') } },
              { Error: { Code: 'DuplicateItem', Message: 'there' } },
              { Error: { Code: 'ValidationError', Message: 'too large' } },
            ],
          }
        : { Responses: { sources: [stored('c')] } },
    );
    expect(await table.commit([write('a', 1), write('b', 2), write('c'), write('d', 3)])).toEqual([
      { kind: 'committed' },
      { kind: 'refused', stored: stored('b') },
      { kind: 'refused', stored: stored('c') },
      { kind: 'failed', reason: 'ValidationError: too large' },
    ]);
  });

  it('fails only the write refused for an item that then cannot be read', async () => {
    const table = tableOf((operation) =>
      operation === 'BatchExecuteStatement'
        ? { Responses: [{}, { Error: { Code: 'DuplicateItem', Message: 'there' } }] }
        : 'unavailable',
    );
    expect(await table.commit([write('a', 1), write('b')])).toMatchObject([
      { kind: 'committed' },
      { kind: 'failed', reason: expect.stringContaining('sources could not be read') },
    ]);
  });

  it('fails the writes of a call that fails, and those without an answer', async () => {
    const writes = Array.from({ length: 30 }, (_, at) => write(`s${at}`, 1));
    const table = tableOf((_, { Statements }) =>
      Array.isArray(Statements) && Statements.length === 25 ? 'unavailable' : { Responses: [{}] },
    );
    const outcomes = await table.commit(writes);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 25 }, () => 'failed'),
      'committed',
      ...Array.from({ length: 4 }, () => 'failed'),
    ]);
  });

  it('states its condition and takes away what is undefined', async () => {
    const requests: unknown[] = [];
    const table = tableOf((_, request) => {
      requests.push(request);
      return { Responses: [{}, {}] };
    });
    await table.commit([write('a'), write('b', 4)]);
    expect(requests).toEqual([
      {
        Statements: [
          {
            Statement: `INSERT INTO "sources" VALUE {'source': ?, 'version': ?, 'state': ?}`,
            Parameters: [{ S: 'a' }, { N: '1' }, { S: '{}' }],
          },
          {
            Statement: `UPDATE "sources" SET "version"=? SET "state"=? REMOVE "closesAt" WHERE "source"=? AND "version"=?`,
            Parameters: [{ N: '5' }, { S: '{}' }, { S: 'b' }, { N: '4' }],
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        ],
      },
    ]);
  });
});

describe('a statement that is refused for a moment', () => {
  test.each([
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
    'RequestLimitExceeded',
    'TransactionConflict',
    'InternalServerError',
    'SomethingNew',
  ])('by %s is sent again, alone', async (Code) => {
    const calls: (readonly string[])[] = [];
    const table = tableOf((_, { Statements }) => {
      const sources = sourcesOf(Statements);
      calls.push(sources);
      const refused = (source: string) => source !== 'a' && calls.length < (source === 'b' ? 2 : 3);
      return { Responses: sources.map((s) => (refused(s) ? { Error: { Code, Message: 'wait' } } : {})) };
    });
    const outcomes = await table.commit([write('a', 1), write('b', 2), write('c', 3)]);
    expect(outcomes).toEqual([{ kind: 'committed' }, { kind: 'committed' }, { kind: 'committed' }]);
    expect(calls).toEqual([['a', 'b', 'c'], ['b', 'c'], ['c']]);
  });

  test.each(['ValidationError', 'ResourceNotFound', 'AccessDenied', 'ItemCollectionSizeLimitExceeded'])(
    'is told from one refused for good: %s',
    async (Code) => {
      let calls = 0;
      const table = tableOf(() => {
        calls += 1;
        return { Responses: [{ Error: { Code, Message: 'no' } }] };
      });
      expect(await table.commit([write('a', 1)])).toEqual([{ kind: 'failed', reason: `${Code}: no` }]);
      expect(calls).toBe(1);
    },
  );

  it('ends with what its last attempt found: a version that somebody else has written', async () => {
    let calls = 0;
    const table = tableOf(() => {
      calls += 1;
      const Code = calls === 1 ? 'TransactionConflict' : 'ConditionalCheckFailed';
      return { Responses: [{ Error: { Code, Message: '', ...(calls === 1 ? {} : { Item: stored('a') }) } }] };
    });
    expect(await table.commit([write('a', 1)])).toEqual([{ kind: 'refused', stored: stored('a') }]);
    expect(calls).toBe(2);
  });

  it('fails when the call that sends it again fails; the others keep their outcomes', async () => {
    let calls = 0;
    const table = tableOf(() => {
      calls += 1;
      if (calls > 1) return 'unavailable';
      return { Responses: [{}, { Error: { Code: 'ThrottlingError', Message: 'wait' } }] };
    });
    expect(await table.commit([write('a', 1), write('b', 1)])).toMatchObject([
      { kind: 'committed' },
      { kind: 'failed' },
    ]);
    expect(calls).toBe(2);
  });

  it('fails after eight attempts, with pauses that grow and are partly left to chance', async () => {
    let calls = 0;
    const throttled = () => {
      calls += 1;
      return { Responses: [{ Error: { Code: 'ThrottlingError', Message: 'wait' } }] };
    };
    const clock = new PauseClock();
    expect(await tableOf(throttled, clock).commit([write('a', 1)])).toEqual([
      { kind: 'failed', reason: 'ThrottlingError: wait' },
    ]);
    expect(calls).toBe(8);
    expect(clock.pauses).toEqual([25, 50, 100, 200, 400, 500, 500]);
    const other = new PauseClock();
    await tableOf(throttled, other, () => 0.5).commit([write('a', 1)]);
    expect(other.pauses.slice(0, 3)).toEqual([37.5, 75, 150]);
  });

  it('fails when time is used up, before the attempts are', async () => {
    let calls = 0;
    const clock = new PauseClock();
    const slow = tableOf(() => {
      calls += 1;
      clock.pass(1_400);
      return { Responses: [{ Error: { Code: 'ThrottlingError', Message: 'wait' } }] };
    }, clock);
    expect(await slow.commit([write('a', 1)])).toEqual([{ kind: 'failed', reason: 'ThrottlingError: wait' }]);
    expect(calls).toBe(3);
    expect(clock.pauses).toEqual([25, 50]);
  });
});

describe('reading and putting', () => {
  it('asks again for what was left, and gives up after a bounded number of calls', async () => {
    let calls = 0;
    const table = tableOf((operation, { RequestItems }) => {
      calls += 1;
      if (operation === 'BatchWriteItem') return { UnprocessedItems: RequestItems };
      return calls < 3 ? { UnprocessedKeys: RequestItems } : { Responses: { sources: [stored('a')] } };
    });
    expect(await table.getMany([{ source: text('a') }])).toEqual([stored('a')]);
    expect(calls).toBe(3);
    calls = 0;
    const failed = await table.putMany([{ source: text('a') }]).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreError);
    expect(failed).toMatchObject({
      code: 'table-throttled',
      retryable: true,
      message: 'table sources: 1 items were still not written after 8 calls',
    });
    expect(calls).toBe(8);
  });

  it('puts 25 items a call and reads 100 keys a call, all of them', async () => {
    const sizes: Record<string, number[]> = { BatchWriteItem: [], BatchGetItem: [] };
    const table = tableOf((operation, { RequestItems }) => {
      const asked: unknown = Object(RequestItems)['sources'];
      sizes[operation]?.push(Array.isArray(asked) ? asked.length : Object(asked)['Keys'].length);
      return {};
    });
    const items = Array.from({ length: 120 }, (_, at) => ({ source: text(`s${at}`), at: number(at) }));
    await table.putMany(items);
    await table.getMany(items.map(({ source }) => ({ source })));
    expect(sizes).toEqual({ BatchWriteItem: [25, 25, 25, 25, 20], BatchGetItem: [100, 20] });
  });

  it('say which table could not be reached, and that trying again may help', async () => {
    const table = tableOf(() => 'unavailable');
    await expect(table.putMany([{ source: text('a') }])).rejects.toMatchObject({
      code: 'table-unavailable',
      retryable: true,
      message: expect.stringMatching(/^table sources could not be written: /),
    });
    await expect(table.scan()[Symbol.asyncIterator]().next()).rejects.toThrow(
      'table sources could not be read',
    );
  });
});
