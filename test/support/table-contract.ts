// What every table must do, be it on DynamoDB or in memory.
import { describe, expect, test } from 'vitest';
import { itemBytes, MAX_ITEM_BYTES } from '../../src/stores/item-size.ts';
import type { Item, VersionedWrite } from '../../src/stores/table.ts';
import { bytes, number, text } from '../../src/stores/table.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect } from './table-under-test.ts';

const SCHEMA = {
  partitionKey: 'pk',
  sortKey: 'sk',
  indexes: { byBucket: { partitionKey: 'bucket', sortKey: 'at' } },
};
const KEY = { pk: text('p'), sk: text('s') };

export function tableContract(make: MakeTable): void {
  describe('a conditional write', () => conditionalWrites(make));
  describe('what a conditional write leaves', () => leftByConditionalWrites(make));
  describe('reading', () => reading(make));
  describe('querying', () => querying(make));
  describe('what is too large', () => tooLarge(make));
  describe('deleting', () => deleting(make));
  describe('the change stream', () => changeStream(make));
}

function conditionalWrites(make: MakeTable): void {
  test('of a new item is committed, and refused with what is there the second time', async () => {
    const { table } = await make(SCHEMA);
    const insert = { key: KEY, expectedVersion: undefined, version: 1, attributes: { state: text('one') } };
    expect(await table.commit([insert])).toEqual([{ kind: 'committed' }]);
    const stored = { ...KEY, version: number(1), state: text('one') };
    expect(await table.commit([{ ...insert, attributes: { state: text('two') } }])).toEqual([
      { kind: 'refused', stored },
    ]);
    expect(await table.getMany([KEY])).toEqual([stored]);
  });

  test('of a new item is refused where one stands that has no version', async () => {
    const { table } = await make(SCHEMA);
    const stored = { ...KEY, state: text('put by hand') };
    await table.putMany([stored]);
    expect(await table.commit([write({ version: 1, state: 'one' })])).toEqual([{ kind: 'refused', stored }]);
    expect(await table.getMany([KEY])).toEqual([stored]);
  });

  test('is committed on the version loaded alone', async () => {
    const { table } = await make(SCHEMA);
    await table.commit([write({ version: 1, state: 'one' })]);
    expect(await table.commit([write({ expectedVersion: 1, version: 2, state: 'two' })])).toEqual([
      { kind: 'committed' },
    ]);
    const stored = { ...KEY, version: number(2), state: text('two') };
    for (const expectedVersion of [1, 3, 0]) {
      expect(await table.commit([write({ expectedVersion, version: 9, state: 'late' })])).toEqual([
        { kind: 'refused', stored },
      ]);
    }
    expect(await table.getMany([KEY])).toEqual([stored]);
  });

  test('does what is to be done beside it together with it, or not at all', async () => {
    const { table } = await make(SCHEMA);
    const [first, second, third] = ['1', '2', '3'].map((sk) => ({ pk: text('beside'), sk: text(sk) }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three keys');
    const pages = async () => await table.getMany([first, second, third]);
    const beside = { put: [{ ...first, state: text('page') }, second], remove: [third] };
    expect(await table.commit([{ ...write({ version: 1, state: 'one' }), beside }])).toEqual([
      { kind: 'committed' },
    ]);
    expect(await pages()).toHaveLength(2);
    const stored = { ...KEY, version: number(1), state: text('one') };
    const turned = { put: [third], remove: [first, second] };
    for (const refused of [{}, { expectedVersion: 7 }]) {
      const late = { ...write({ ...refused, version: 8, state: 'late' }), beside: turned };
      expect(await table.commit([late])).toEqual([{ kind: 'refused', stored }]);
    }
    expect(await pages()).toHaveLength(2);
    const other = { ...write({ version: 1, state: 'alone' }), key: { pk: text('p'), sk: text('other') } };
    const next = { ...write({ expectedVersion: 1, version: 2, state: 'two' }), beside: turned };
    expect(await table.commit([other, next])).toEqual([{ kind: 'committed' }, { kind: 'committed' }]);
    expect(await pages()).toEqual([third]);
    expect(await table.getMany([KEY])).toEqual([{ ...KEY, version: number(2), state: text('two') }]);
  });

  test('that expects an attribute too is refused where the version came again with another one', async () => {
    const { table } = await make(SCHEMA);
    const attributes = { state: text('one'), check: number(11) };
    await table.commit([{ key: KEY, expectedVersion: undefined, version: 1, attributes }]);
    const beside = { put: [{ pk: text('beside'), sk: text('1') }], remove: [] };
    const next = { key: KEY, expectedVersion: 1, version: 2, attributes: { state: text('two') } };
    for (const more of [{}, { beside }]) {
      const late = { ...next, ...more, expected: { name: 'check', value: number(12) } };
      const stored = { ...KEY, version: number(1), ...attributes };
      expect(await table.commit([late])).toEqual([{ kind: 'refused', stored }]);
    }
    const expected = { name: 'check', value: number(11) };
    expect(await table.commit([{ ...next, expected }])).toEqual([{ kind: 'committed' }]);
    const third = { ...next, expectedVersion: 2, version: 3, expected, beside };
    expect(await table.commit([third])).toEqual([{ kind: 'committed' }]);
  });

  test('of an item that is gone is refused, with nothing stored', async () => {
    const { table } = await make(SCHEMA);
    expect(await table.commit([write({ expectedVersion: 4, version: 5, state: 'x' })])).toEqual([
      { kind: 'refused', stored: undefined },
    ]);
    expect(await table.getMany([KEY])).toEqual([]);
  });
}

function leftByConditionalWrites(make: MakeTable): void {
  test('keeps attributes it does not name, and takes away those it gives as undefined', async () => {
    const { table } = await make(SCHEMA);
    const attributes = { state: text('one'), at: number(7), bucket: number(3), gone: undefined };
    await table.commit([{ key: KEY, expectedVersion: undefined, version: 1, attributes }]);
    const changes = { state: text('two'), at: undefined };
    await table.commit([{ key: KEY, expectedVersion: 1, version: 2, attributes: changes }]);
    expect(await table.getMany([KEY])).toEqual([
      { ...KEY, version: number(2), state: text('two'), bucket: number(3) },
    ]);
  });

  test('succeeds or fails alone among many, each outcome in its place', async () => {
    const { table } = await make(SCHEMA);
    const taken = range(60).filter((at) => at % 3 === 0);
    await table.putMany(taken.map((at) => ({ ...keyOf(at), version: number(1), state: text('old') })));
    const outcomes = await table.commit(
      range(60).map((at) => ({
        key: keyOf(at),
        expectedVersion: at % 2 === 0 ? undefined : 1,
        version: 2,
        attributes: { state: text(`new ${at}`) },
      })),
    );
    expect(outcomes).toEqual(
      range(60).map((at) => {
        const isTaken = at % 3 === 0;
        if (isTaken === (at % 2 === 1)) return { kind: 'committed' };
        const stored = isTaken ? { ...keyOf(at), version: number(1), state: text('old') } : undefined;
        return { kind: 'refused', stored };
      }),
    );
  });

  test('none is no call', async () => {
    const { table } = await make(SCHEMA);
    expect(await table.commit([])).toEqual([]);
    await table.putMany([]);
    expect(await table.getMany([])).toEqual([]);
  });
}

function reading(make: MakeTable): void {
  test('finds 250 keys at once and leaves out those not there', async () => {
    const { table } = await make(SCHEMA);
    await table.putMany(range(250).map((at) => ({ ...keyOf(at), state: text(String(at)) })));
    const found = await table.getMany(range(260).map(keyOf));
    expect(sorted(found)).toEqual(
      sorted(range(250).map((at) => ({ ...keyOf(at), state: text(String(at)) }))),
    );
  });

  test('keeps every text as it is, whatever it looks like', async () => {
    const { table } = await make(SCHEMA);
    const items = ['__proto__', 'constructor', 'é', '\u{1F600}', '"; \' ?', '\u0000', ' ', '%'].map(
      (odd) => ({
        pk: text(odd),
        sk: text(odd),
        state: text(odd),
        empty: text(''),
      }),
    );
    for (const item of items.slice(0, 4)) {
      const { pk, sk, ...attributes } = item;
      await table.commit([{ key: { pk, sk }, expectedVersion: undefined, version: 1, attributes }]);
      await table.commit([{ key: { pk, sk }, expectedVersion: 1, version: 2, attributes }]);
    }
    await table.putMany(items);
    expect(sorted(await table.getMany(items.map(({ pk, sk }) => ({ pk, sk }))))).toEqual(sorted(items));
  });

  test('pages through more than a call returns', async () => {
    const { table } = await make(SCHEMA);
    const items = range(30).map((at) => ({ ...keyOf(at), state: text('x'.repeat(90_000)) }));
    await table.putMany(items);
    expect(sorted(await collect(table.scan()))).toEqual(sorted(items));
    const query = { partition: { name: 'pk', value: text('p') } };
    expect(await collect(table.query(query))).toEqual(items);
  });
}

function querying(make: MakeTable): void {
  test('queries a partition between two sort keys, both included, in order', async () => {
    const { table } = await make(SCHEMA);
    const sortKeys = ['b', 'a', 'B', 'ab', 'é', '\uffff', '\u{1F600}', 'a#1'];
    await table.putMany(sortKeys.map((sk) => ({ pk: text('p'), sk: text(sk) })));
    await table.putMany([{ pk: text('another'), sk: text('a') }]);
    const between = async (from: string, to: string) => {
      const sort = { name: 'sk', from: text(from), to: text(to) };
      const found = await collect(table.query({ partition: { name: 'pk', value: text('p') }, sort }));
      return found.map(({ sk }) => sk);
    };
    expect(await between('a', 'b')).toEqual(['a', 'a#1', 'ab', 'b'].map(text));
    expect(await between('a', 'a')).toEqual([text('a')]);
    expect(await between('c', 'd')).toEqual([]);
    // By bytes of UTF-8, which is not the order of UTF-16 code units.
    expect(await between(' ', '\u{10FFFF}')).toEqual(
      ['B', 'a', 'a#1', 'ab', 'b', 'é', '\uffff', '\u{1F600}'].map(text),
    );
  });

  test('queries a partition backwards, however little is read at a time', async () => {
    const { table } = await make(SCHEMA);
    await table.putMany(range(20).map((at) => ({ ...keyOf(at), state: text(String(at)) })));
    const partition = { name: 'pk', value: text('p') };
    const sort = { name: 'sk', from: text('0003'), to: text('0016') };
    const found = await collect(table.query({ partition, sort, descending: true, readAhead: 4 }));
    expect(found.map(({ sk }) => sk)).toEqual(range(14).map((at) => keyOf(16 - at).sk));
  });

  test('walks the table page by page: what was there is found once, whatever is written meanwhile', async () => {
    const { table } = await make(SCHEMA);
    const partitions = range(40).map((at) => ({ pk: text(`p${at}`), sk: text('s') }));
    await table.putMany(partitions.map((key) => ({ ...key, state: text('old') })));
    const found: Item[] = [];
    let page = await table.scanPage({ limit: 7 });
    for (let round = 0; ; round += 1) {
      expect(page.items.length).toBeLessThanOrEqual(7);
      found.push(...page.items);
      if (page.next === undefined) break;
      await table.putMany(partitions.slice(round, round + 3).map((key) => ({ ...key, state: text('new') })));
      await table.putMany([{ pk: text(`later${round}`), sk: text('s'), state: text('old') }]);
      page = await table.scanPage({ limit: 7, after: page.next });
    }
    const keys = found.map(({ pk }) => JSON.stringify(pk));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(expect.arrayContaining(partitions.map(({ pk }) => JSON.stringify(pk))));
  });

  test('queries an index by numbers; items without its attributes are not in it', async () => {
    const { table } = await make(SCHEMA);
    await table.putMany([
      { ...keyOf(1), bucket: number(1), at: number(10) },
      { ...keyOf(2), bucket: number(1), at: number(9) },
      { ...keyOf(3), bucket: number(1), at: number(1_780_000_000_000) },
      { ...keyOf(4), bucket: number(1) },
      { ...keyOf(5), bucket: number(2), at: number(9) },
    ]);
    const found = await collect(
      table.query({
        index: 'byBucket',
        partition: { name: 'bucket', value: number(1) },
        sort: { name: 'at', from: number(0), to: number(10) },
      }),
    );
    expect(found.map(({ sk }) => sk)).toEqual([keyOf(2).sk, keyOf(1).sk]);
  });
}

function tooLarge(make: MakeTable): void {
  test('is an item of one byte more than 400 KB, however it is written', async () => {
    const { table } = await make(SCHEMA);
    const fits = filled({ ...KEY, version: number(1) }, MAX_ITEM_BYTES);
    const over = filled({ ...KEY, version: number(1) }, MAX_ITEM_BYTES + 1);
    const insert = ({ pk: _, sk: __, version: ___, ...attributes }: Item) => ({
      key: KEY,
      expectedVersion: undefined,
      version: 1,
      attributes,
    });
    const tooLarge = { kind: 'failed', reason: expect.stringMatching(/item size/i), tooLarge: true };
    const beside = { put: [filled(keyOf(1), MAX_ITEM_BYTES + 1)], remove: [] };
    const other = { ...insert({ ...KEY, version: number(1) }), key: keyOf(2) };
    expect(await table.commit([insert(over), other])).toEqual([tooLarge, { kind: 'committed' }]);
    await table.deleteMany([keyOf(2)]);
    expect(await table.commit([{ ...insert(fits), beside }])).toEqual([tooLarge]);
    expect(await table.commit([{ ...insert(over), beside: { put: [], remove: [keyOf(1)] } }])).toEqual([
      tooLarge,
    ]);
    const refusal = expect.objectContaining({ code: 'item-too-large', retryable: false });
    await expect(table.putMany([over])).rejects.toEqual(refusal);
    expect(await table.getMany([KEY])).toEqual([]);

    expect(await table.commit([insert(fits)])).toEqual([{ kind: 'committed' }]);
    const more = { key: KEY, expectedVersion: 1, version: 2, attributes: { x: text('') } };
    expect(await table.commit([more])).toEqual([tooLarge]);
    await table.putMany([fits]);
    expect(await table.getMany([KEY])).toEqual([fits]);
  });

  test('is counted by the bytes of names and texts, and of numbers by their digits', async () => {
    const { table } = await make(SCHEMA);
    const numbers = [0, 1, 9, 10, 12, 100, 120, 123, 1_234, 12_345, 123_456, -1, -12, -123, 0.1, 0.12, 0.012]
      .map(String)
      .concat(
        '1780000000000',
        '9007199254740991',
        '-9007199254740991',
        '1.5',
        '12.5',
        '123.45',
        '1e-7',
        '5e30',
      );
    for (const attributes of [
      ...numbers.map((N) => ({ n: { N } })),
      { 'é\u{1F600}': text('é\u{1F600}') },
      { b: bytes(new Uint8Array(7)), empty: text('') },
    ]) {
      const item = { ...KEY, ...attributes };
      await table.putMany([filled(item, MAX_ITEM_BYTES)]);
      await expect(table.putMany([filled(item, MAX_ITEM_BYTES + 1)])).rejects.toThrow(/item size/i);
    }
  });

  test('is a partition key of more than 2,048 bytes, and a sort key of more than 1,024', async () => {
    const { table } = await make(SCHEMA);
    const most = { pk: text('é'.repeat(1_024)), sk: text('é'.repeat(512)) };
    await table.putMany([most]);
    for (const key of [
      { ...most, pk: text(`${'é'.repeat(1_024)}x`) },
      { ...most, sk: text(`${'é'.repeat(512)}x`) },
      { ...most, sk: text('') },
    ]) {
      await expect(table.putMany([key])).rejects.toMatchObject({ name: 'StoreError', retryable: false });
      const write = { key, expectedVersion: undefined, version: 1, attributes: {} };
      expect(await table.commit([write])).toMatchObject([{ kind: 'failed' }]);
    }
    expect(await collect(table.scan())).toEqual([most]);
  });
}

function deleting(make: MakeTable): void {
  test('takes away the items of the keys given, and passes over keys without one', async () => {
    const { table } = await make(SCHEMA);
    await table.putMany(range(60).map((at) => ({ ...keyOf(at), state: text(String(at)) })));
    await table.deleteMany(range(70).slice(10).map(keyOf));
    expect(
      (await collect(table.query({ partition: { name: 'pk', value: text('p') } }))).map(({ sk }) => sk),
    ).toEqual(range(10).map((at) => keyOf(at).sk));
  });
}

function changeStream(make: MakeTable): void {
  test('tells what happened with both images, and nothing of writes that change nothing', async () => {
    const { table, changes } = await make(SCHEMA);
    await table.commit([write({ version: 1, state: 'one' })]);
    await table.commit([write({ version: 1, state: 'refused' })]);
    await table.commit([write({ expectedVersion: 1, version: 2, state: 'two' })]);
    await table.commit([write({ expectedVersion: 1, version: 3, state: 'refused' })]);
    await table.putMany([{ ...KEY, version: number(2), state: text('two') }]);
    await table.putMany([{ ...KEY, state: text('three') }]);
    await table.putMany([{ ...keyOf(9), state: text('') }]);
    const [one, two] = ['one', 'two'].map((state, at) => ({
      ...KEY,
      version: number(at + 1),
      state: text(state),
    }));
    const three = { ...KEY, state: text('three') };
    const other = { ...keyOf(9), state: text('') };
    expect(await changes(4)).toEqual([
      { eventName: 'INSERT', keys: KEY, oldImage: undefined, newImage: one },
      { eventName: 'MODIFY', keys: KEY, oldImage: one, newImage: two },
      { eventName: 'MODIFY', keys: KEY, oldImage: two, newImage: three },
      { eventName: 'INSERT', keys: keyOf(9), oldImage: undefined, newImage: other },
    ]);
  });
}

function write(w: { expectedVersion?: number; version: number; state: string }): VersionedWrite {
  const { expectedVersion, version, state } = w;
  return { key: KEY, expectedVersion, version, attributes: { state: text(state) } };
}

function keyOf(at: number): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: 'p' }, sk: { S: String(at).padStart(4, '0') } };
}

/** With an attribute of bytes that makes it so large. */
function filled(item: Item, size: number): Item {
  return { ...item, fill: bytes(new Uint8Array(size - itemBytes(item) - 'fill'.length)) };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at);
}

function sorted(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) =>
    JSON.stringify([a['pk'], a['sk']]) < JSON.stringify([b['pk'], b['sk']]) ? -1 : 1,
  );
}
