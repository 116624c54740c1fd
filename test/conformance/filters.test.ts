// Section 7 of the event source mapping's rules: filters.
import { describe, expect, test } from 'vitest';
import { MappingParametersError, parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import type { OpenQuestions } from '../../src/event-source/open-questions.ts';
import type { StreamKind } from '../../src/event-source/ports.ts';
import { createRecordFilter } from '../../src/event-source/record-filter.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { MappingHarness, numbered, success, thrown } from '../support/mapping-harness.ts';

const filterCriteria = (...patterns: readonly unknown[]) => ({
  FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
});

/** On the data of Kinesis records, on the attribute `text` of DynamoDB items. */
const wanting = (kind: StreamKind, rules: readonly unknown[]) =>
  filterCriteria(
    kind === 'kinesis' ? { data: { v: rules } } : { dynamodb: { NewImage: { text: { S: rules } } } },
  );
const textOf = (kind: StreamKind, value: string) =>
  kind === 'kinesis' ? JSON.stringify({ v: value }) : value;

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  const put = (harness: MappingHarness, ...values: readonly string[]) =>
    harness.putAll(values.map((value) => textOf(kind, value)));
  const handed = (harness: MappingHarness) =>
    harness.batches.map((texts) => texts.map((text) => (kind === 'kinesis' ? JSON.parse(text).v : text)));

  test('rules 36 and 37: only records that match reach the function, and filters come before batching', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...wanting(kind, [{ prefix: 'good' }]), BatchSize: 2 },
    });
    put(harness, 'good1', 'bad1', 'bad2', 'good2', 'bad3', 'good3');
    await harness.runToEnd();
    expect(handed(harness)).toEqual([['good1', 'good2'], ['good3']]);
    expect(harness.discarded).toEqual([]);
    const filtered = harness.eventsOf('filtered').reduce((sum, { records }) => sum + records, 0);
    expect(filtered).toBe(3);
  });

  test('rule 37: where nothing matches nothing is invoked, and the checkpoint moves', async () => {
    const harness = new MappingHarness({ kind, properties: wanting(kind, ['wanted']) });
    const last = put(harness, ...numbered('bad', 5)).at(-1);
    await harness.runToEnd();
    expect(harness.invocations).toEqual([]);
    expect(harness.eventsOf('checkpointed').at(-1)?.sequence).toBe(last?.sequence);
    await harness.runToEnd();
    const polled = harness.eventsOf('read').reduce((sum, { records }) => sum + records, 0);
    expect(polled).toBe(5);
  });

  test('rule 37: skipped records do not carry the checkpoint past one that is still to be handled', async () => {
    const harness = new MappingHarness({
      kind,
      properties: wanting(kind, [{ prefix: 'good' }]),
      handler: (_, index) => (index === 0 ? thrown : success),
    });
    put(harness, 'bad0', 'good', 'bad1', 'bad2');
    const mapping = harness.start();
    await harness.clock.advance(500);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    await harness.runToEnd();
    expect(handed(harness)).toEqual([['good'], ['good']]);
  });

  test('rule 37 with section 1: a batching window gathers what matches', async () => {
    const harness = new MappingHarness({
      kind,
      properties: {
        ...wanting(kind, [{ prefix: 'good' }]),
        MaximumBatchingWindowInSeconds: 10,
        BatchSize: 3,
      },
    });
    const mapping = harness.start();
    for (const n of numbered('', 9)) {
      put(harness, `bad${n}`, ...(Number(n) % 3 === 0 ? [`good${n}`] : []));
      await harness.clock.advance(2_000);
    }
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(handed(harness)[0]).toEqual(['good3']);
    expect(handed(harness).flat().length).toBeLessThanOrEqual(3);
  });

  test('rule 37 with 10: the payload limit counts what matches alone', async () => {
    const harness = new MappingHarness({ kind, properties: wanting(kind, ['a', 'b']) });
    put(harness, 'a', ...Array.from({ length: 8 }, () => 'x'.repeat(900_000)), 'b');
    await harness.runToEnd();
    expect(handed(harness)).toEqual([['a', 'b']]);
  });

  test('rule 37 with 14: lanes and filters together hand over exactly what matches', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...wanting(kind, [{ prefix: 'good' }]), ParallelizationFactor: 3 },
      handler: (_, index) => (index % 2 === 0 ? thrown : success),
    });
    for (const key of numbered('k', 10)) {
      harness.put(textOf(kind, `good ${key}`), key);
      harness.put(textOf(kind, `bad ${key}`), key);
    }
    await harness.runToEnd();
    expect([...new Set(handed(harness).flat())].sort()).toEqual(numbered('good k', 10).toSorted());
  });

  test('section 1: of several filters one has to match', async () => {
    const two = [wanting(kind, ['a']), wanting(kind, ['b'])].flatMap((c) => c.FilterCriteria.Filters);
    const harness = new MappingHarness({ kind, properties: { FilterCriteria: { Filters: two } } });
    put(harness, 'a', 'b', 'c');
    await harness.runToEnd();
    expect(handed(harness)).toEqual([['a', 'b']]);
  });
});

describe('rule 36: the pattern language', () => {
  const matches = (rules: unknown, value: unknown) => passes({ v: rules }, { v: value });

  test.each<[unknown, readonly unknown[], readonly unknown[]]>([
    [['a'], ['a', ['b', 'a']], ['A', 'ab', '', null, ['b'], { a: 'a' }]],
    [[''], [''], [' ', null]],
    [[null], [null, [null]], ['', 'null', 0, []]],
    [[true], [true], ['true', 1, false]],
    [
      ['a', 'b', 7],
      ['a', 'b', 7],
      ['c', '7'],
    ],
    [[{ prefix: 'ab' }], ['ab', 'abc'], ['a', 'xab', 7]],
    [[{ prefix: { 'equals-ignore-case': 'Ab' } }], ['aBc'], ['xab']],
    [[{ suffix: 'yz' }], ['yz', 'xyz'], ['yzx', 7]],
    [[{ suffix: { 'equals-ignore-case': 'Yz' } }], ['xyZ'], ['yzx']],
    [[{ 'equals-ignore-case': 'Ab' }], ['ab', 'AB'], ['abc', null]],
    [[{ 'anything-but': 'a' }], ['b', null, 5, ['a', 'b']], ['a', [], {}]],
    [[{ 'anything-but': ['a', 'b'] }], ['c'], ['a', 'b']],
    [[{ 'anything-but': [1, 2] }], [3, '1'], [1, 2]],
    [[{ 'anything-but': { prefix: 'a' } }], ['ba', 5], ['ab']],
    [[{ 'anything-but': { prefix: ['a', 'b'] } }], ['c'], ['ab', 'bc']],
    [[{ 'anything-but': { suffix: 'a' } }], ['ab'], ['ba']],
    [[{ 'anything-but': { 'equals-ignore-case': ['A', 'b'] } }], ['c'], ['a', 'B']],
    [[{ numeric: ['=', 5] }], [5], [6, '5', null]],
    [[{ numeric: ['>', 0, '<=', 5] }], [0.1, 5], [0, 5.1, '3']],
    [[{ numeric: ['>=', -2] }], [-2, 0], [-3]],
    [[{ numeric: ['<', 1e3] }], [999.9], [1000]],
    [[{ exists: true }], ['', null, 0, [1]], [{ a: 1 }, []]],
    [[{ exists: false }], [{ a: 1 }, []], ['', null]],
    [
      [{ prefix: 'a' }, { numeric: ['<', 0] }],
      ['ab', -1],
      ['b', 1],
    ],
    [{ w: ['x'] }, [{ w: 'x' }, [{ w: 'y' }, { w: 'x' }]], [{ w: 'y' }, 'x', [{ y: 'x' }]]],
  ])('%j', (rules, right, wrong) => {
    for (const value of right) expect(matches(rules, value), JSON.stringify(value)).toBe(true);
    for (const value of wrong) expect(matches(rules, value), JSON.stringify(value)).toBe(false);
  });

  test('all keys of a pattern have to match, at any depth', () => {
    const pattern = { a: { b: ['x'], c: [{ exists: true }] }, d: [1] };
    expect(passes(pattern, { a: { b: 'x', c: 'y' }, d: 1, e: 'more' })).toBe(true);
    expect(passes(pattern, { a: { b: 'x' }, d: 1 })).toBe(false);
    expect(passes(pattern, { a: { b: 'x', c: 'y' } })).toBe(false);
  });

  test('what is to be absent may be absent with all around it', () => {
    const pattern = { a: { b: [{ exists: false }] } };
    expect(passes(pattern, {})).toBe(true);
    expect(passes(pattern, { a: {} })).toBe(true);
    expect(passes(pattern, { a: { b: null } })).toBe(false);
  });

  test('of a list of objects one has to match as a whole', () => {
    const pattern = { list: { k: ['a'], v: [1] } };
    expect(
      passes(pattern, {
        list: [
          { k: 'b', v: 1 },
          { k: 'a', v: 1 },
        ],
      }),
    ).toBe(true);
    expect(
      passes(pattern, {
        list: [
          { k: 'a', v: 2 },
          { k: 'b', v: 1 },
        ],
      }),
    ).toBe(false);
  });

  test('$or takes one of several patterns, beside what all have to match', () => {
    const pattern = { site: ['x'], $or: [{ a: [1] }, { b: { c: [2] } }] };
    expect(passes(pattern, { site: 'x', a: 1 })).toBe(true);
    expect(passes(pattern, { site: 'x', b: { c: 2 } })).toBe(true);
    expect(passes(pattern, { site: 'x', a: 2 })).toBe(false);
    expect(passes(pattern, { site: 'y', a: 1 })).toBe(false);
  });

  test('fields of every object are no fields of a record', () => {
    expect(passes({ toString: [{ exists: false }] }, {})).toBe(true);
    expect(passes({ ['__proto__']: { x: [{ exists: false }] } }, { a: 1 })).toBe(true);
  });

  test('a DynamoDB record is matched as a whole, values with their types: numbers are texts there', async () => {
    const properties = (pattern: unknown) => ({ ...filterCriteria(pattern) });
    const countFor = async (pattern: unknown) => {
      const harness = new MappingHarness({ kind: 'dynamodb', properties: properties(pattern) });
      harness.put('12', 'item');
      await harness.runToEnd();
      return harness.invocations.length;
    };
    expect(await countFor({ eventName: ['INSERT'] })).toBe(1);
    expect(await countFor({ eventName: ['REMOVE'] })).toBe(0);
    expect(await countFor({ dynamodb: { Keys: { pk: { S: ['item'] } } } })).toBe(1);
    expect(await countFor({ dynamodb: { NewImage: { text: ['12'] } } })).toBe(0);
    expect(await countFor({ dynamodb: { NewImage: { text: { S: [{ numeric: ['>', 1] }] } } } })).toBe(0);
    expect(await countFor({ dynamodb: { OldImage: { text: { S: [{ exists: false }] } } } })).toBe(1);
    expect(await countFor({ dynamodb: { NewImage: { text: [{ exists: true }] } } })).toBe(0);
  });

  test('of a Kinesis record the data alone can be asked for; metadata too, as older documents had it', async () => {
    const byKey = filterCriteria({ partitionKey: ['a'] });
    expect(problemOf(byKey)).toContain(
      'partitionKey: found ["a"], expected only these fields of a Kinesis record: data',
    );
    const harness = new MappingHarness({
      properties: byKey,
      deps: { answers: { kinesisMetadataFilters: true } },
    });
    harness.put('no JSON', 'a');
    harness.put('{}', 'b');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['no JSON']]);
  });
});

describe('rule 38', () => {
  test('v8: data that is no JSON is dropped under a pattern on data, silently', async () => {
    const harness = new MappingHarness({ properties: filterCriteria({ data: { a: [{ exists: false }] } }) });
    harness.putAll(['no JSON', '{"a":1}', '{"b":1}', '', '{"a":', '7']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['{"b":1}', '7']]);
    expect(harness.discarded).toEqual([]);
    expect(harness.eventsOf('filtered')).toMatchObject([{ records: 4, notJson: 3 }]);
  });

  test.each([
    ['no JSON', 'the pattern: found "no JSON", expected a JSON object'],
    ['"text"', 'the pattern: found "\\"text\\"", expected a JSON object'],
    ['[]', 'expected a JSON object'],
    ['{}', 'the pattern: found {}, expected at least one field'],
    ['{"data":["text"]}', 'data: found ["text"], expected an object of fields and their rules'],
    ['{"data":"text"}', 'data: found "text", expected an object of fields and their rules'],
    ['{"data":{"a":"x"}}', 'data.a: found "x", expected a list of rules, or an object of fields'],
    ['{"data":{"a":[]}}', 'data.a: found [], expected at least one rule'],
    ['{"data":{"a":{}}}', 'data.a: found {}, expected at least one field'],
    ['{"data":{"a":[["x"]]}}', 'data.a.0: found ["x"], expected a value, or an object with one operator'],
    ['{"data":{"a":[{"wildcard":"*"}]}}', 'data.a.0: found {"wildcard":"*"}, expected an operator: prefix'],
    [
      '{"data":{"a":[{"prefix":"x","suffix":"y"}]}}',
      'data.a.0: found {"prefix":"x","suffix":"y"}, expected exactly one',
    ],
    ['{"data":{"a":[{"prefix":7}]}}', 'data.a.0.prefix: found 7, expected a text'],
    ['{"data":{"a":[{"exists":"yes"}]}}', 'data.a.0.exists: found "yes", expected true or false'],
    [
      '{"data":{"a":[{"numeric":[">"]}]}}',
      'data.a.0.numeric: found [">"], expected a comparison and a number',
    ],
    ['{"data":{"a":[{"numeric":["<",1,">",0]}]}}', 'data.a.0.numeric'],
    ['{"data":{"a":[{"numeric":["~",1]}]}}', 'data.a.0.numeric'],
    ['{"data":{"a":[{"anything-but":[]}]}}', 'data.a.0.anything-but: found [], expected at least one value'],
    ['{"data":{"a":[{"anything-but":["x",1]}]}}', 'expected texts alone, or numbers alone'],
    ['{"data":{"a":[{"anything-but":{"prefix":""}}]}}', 'expected texts that are not empty'],
    ['{"data":{"$or":[{"a":[1]}]}}', 'data.$or: found [{"a":[1]}], expected a list of at least two patterns'],
  ])('v8: the pattern %s is refused, with its place', (pattern, message) => {
    expect(problemOf({ FilterCriteria: { Filters: [{ Pattern: pattern }] } })).toContain(message);
  });

  test('v8: a pattern for DynamoDB that is no object of fields is refused too', () => {
    expect(problemOf(filterCriteria({ dynamodb: ['text'] }), 'dynamodb')).toContain(
      'dynamodb: found ["text"]',
    );
  });

  test('a pattern has at most 4,096 characters', () => {
    expect(problemOf(filterCriteria({ data: { a: ['x'.repeat(4_096)] } }))).toContain(
      'at most 4096 characters',
    );
  });
});

describe('rule 39', () => {
  const filtered = (pattern: string, data: string) =>
    createRecordFilter([pattern], { kind: 'kinesis', kinesisMetadataFilters: false })(record(data)) ===
    'pass';

  test('numbers are compared as they are written, by operators as what they are', () => {
    expect(filtered('{"data":{"n":[300]}}', '{"n":300}')).toBe(true);
    expect(filtered('{"data":{"n":[300]}}', '{"n":300.0}')).toBe(false);
    expect(filtered('{"data":{"n":[300.0]}}', '{"n":300.0}')).toBe(true);
    expect(filtered('{"data":{"n":[300]}}', '{"n":3e2}')).toBe(false);
    expect(filtered('{"data":{"n":[{"numeric":["=",300]}]}}', '{"n":3.0e2}')).toBe(true);
    expect(filtered('{"data":{"n":[9007199254740993]}}', '{"n":9007199254740992}')).toBe(false);
  });

  test('of several equal keys the last wins, in the pattern and in the data', () => {
    expect(filtered('{"data":{"a":["x"],"a":["y"]}}', '{"a":"y"}')).toBe(true);
    expect(filtered('{"data":{"a":["x"],"a":["y"]}}', '{"a":"x"}')).toBe(false);
    expect(filtered('{"data":{"a":["y"]}}', '{"a":"x","a":"y"}')).toBe(true);
  });

  test('texts are compared exactly', () => {
    expect(filtered('{"data":{"a":["é"]}}', '{"a":"e\\u0301"}')).toBe(false);
    expect(filtered('{"data":{"a":["é"]}}', '{"a":"\\u00e9"}')).toBe(true);
  });
});

test('rule 40: without enhanced fan-out a KPL-aggregated record is one record, and no JSON', async () => {
  const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
  const harness = new MappingHarness({ properties: filterCriteria({ data: { a: [1] } }) });
  harness.stream.putData('key', Buffer.concat([magic, Buffer.from('{"a":1}'), Buffer.alloc(16)]));
  await harness.runToEnd();
  expect(harness.invocations).toEqual([]);
  expect(harness.eventsOf('filtered')).toMatchObject([{ records: 1, notJson: 1 }]);
});

test.each([
  [5, 6],
  [10, 11],
] as const)('section 1: up to %i filters are taken, by the quota', (maxFilters, tooMany) => {
  const criteria = (count: number) =>
    filterCriteria(...Array.from({ length: count }, (_, index) => ({ data: { a: [index] } })));
  expect(problemOf(criteria(maxFilters), 'kinesis', { maxFilters })).toBe('');
  expect(problemOf(criteria(tooMany), 'kinesis', { maxFilters })).toContain(
    `FilterCriteria.Filters: found "${tooMany} filters", expected at most ${maxFilters}`,
  );
});

function passes(pattern: unknown, data: unknown): boolean {
  const filter = createRecordFilter([JSON.stringify({ data: pattern })], {
    kind: 'kinesis',
    kinesisMetadataFilters: false,
  });
  return filter(record(JSON.stringify(data))) === 'pass';
}

function record(data: string): KinesisEventRecord {
  return {
    eventID: 'shardId-000000000000:1',
    eventName: 'aws:kinesis:record',
    eventVersion: '1.0',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn',
    awsRegion: 'us-east-1',
    invokeIdentityArn: 'arn',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'key',
      sequenceNumber: '1',
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 0,
    },
  };
}

/** Why the properties are refused; empty: they are not. */
function problemOf(
  properties: Readonly<Record<string, unknown>>,
  kind: StreamKind = 'kinesis',
  answers: Partial<OpenQuestions> = {},
): string {
  try {
    parseMappingParameters(
      { StartingPosition: 'LATEST', ...properties },
      { kind, nowMs: 0, where: 'Mapping', answers },
    );
  } catch (error) {
    if (error instanceof MappingParametersError) return error.message;
    throw error;
  }
  return '';
}
