import { describe, expect, it } from 'vitest';
import { DynamoTable } from '../../../src/stores/dynamo-table.ts';
import { StoreError } from '../../../src/stores/store-error.ts';
import { number, text, type VersionedWrite } from '../../../src/stores/table.ts';
import { type Answers, answeringDynamoDb } from '../../support/answering-dynamodb.ts';

const tableOf = (answers: Answers) => new DynamoTable(answeringDynamoDb(answers), 'sources');
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
              { Error: { Code: 'ThrottlingError', Message: 'slow down' } },
            ],
          }
        : { Responses: { sources: [stored('c')] } },
    );
    expect(await table.commit([write('a', 1), write('b', 2), write('c'), write('d', 3)])).toEqual([
      { kind: 'committed' },
      { kind: 'refused', stored: stored('b') },
      { kind: 'refused', stored: stored('c') },
      { kind: 'failed', reason: 'ThrottlingError: slow down' },
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
