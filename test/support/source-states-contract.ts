// What the store of source states does, whichever table it stands on.
import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/core/spread.ts';
import { decodeBooks } from '../../src/core/state-encoding.ts';
import { CLOSING_BUCKETS } from '../../src/platform/names.ts';
import type { StateWrite } from '../../src/stores/source-states.ts';
import { checkOf, SourceStates } from '../../src/stores/source-states.ts';
import { bytes, number, text } from '../../src/stores/table.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect, SOURCES_SCHEMA } from './table-under-test.ts';

export function sourceStatesContract(make: MakeTable): void {
  describe('source states', () => {
    committing(make);
    closing(make);
    unreadable(make);
  });
}

function committing(make: MakeTable): void {
  test('are committed under the version loaded, which rises by one', async () => {
    const { states } = await open(make);
    expect(
      await states.commit([
        write('a', { state: bytesOfText('1') }),
        write('__proto__', { state: bytesOfText('2') }),
      ]),
    ).toEqual([
      { kind: 'committed', version: 1 },
      { kind: 'committed', version: 1 },
    ]);
    expect(await states.commit([write('a', { expectedVersion: 1, state: bytesOfText('3') })])).toEqual([
      { kind: 'committed', version: 2 },
    ]);
    expect(await load(states, ['a', '__proto__', 'missing'])).toEqual([
      { source: '__proto__', version: 1, ...stateOf('2') },
      { source: 'a', version: 2, ...stateOf('3') },
    ]);
  });

  test('are refused with what is stored, for a first write and for a later one', async () => {
    const { states } = await open(make);
    await states.commit([write('a', { state: bytesOfText('stored') })]);
    const stored = { source: 'a', version: 1, ...stateOf('stored') };
    expect(await states.commit([write('a', { state: bytesOfText('x') })])).toEqual([
      { kind: 'refused', stored },
    ]);
    expect(await states.commit([write('a', { expectedVersion: 7, state: bytesOfText('x') })])).toEqual([
      { kind: 'refused', stored },
    ]);
    expect(await states.commit([write('gone', { expectedVersion: 7, state: bytesOfText('x') })])).toEqual([
      { kind: 'refused', stored: undefined },
    ]);
  });

  test('carry whole states of sources with any name', async () => {
    const { states } = await open(make);
    const names = ['\u{1F600}'.repeat(64), 'a|b#c', '"', "'; DROP TABLE", 'constructor', ' '];
    const state = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256);
    await states.commit(names.map((source) => write(source, { state })));
    expect(await load(states, names)).toEqual(
      [...names].sort().map((source) => ({ source, version: 1, state, check: checkOf(state) })),
    );
    expect((await collect(states.scan())).map(({ source }) => source).sort()).toEqual([...names].sort());
  });
}

function closing(make: MakeTable): void {
  test('are due for closing from the moment they say, the longest due first within a bucket', async () => {
    const { states } = await open(make);
    const sources = Array.from({ length: 60 }, (_, at) => `source-${at}`);
    await states.commit(
      sources.map((source, at) =>
        write(source, { state: bytesOfText('{}'), closesAtMs: 1_780_000_000_000 + (60 - at) }),
      ),
    );
    const due = await collect(states.dueForClosing(1_780_000_000_030));
    expect([...due].sort()).toEqual(sources.slice(30).sort());
    for (let bucket = 0; bucket < CLOSING_BUCKETS; bucket += 1) {
      const inBucket = sources.slice(30).filter((source) => bucketOf(source, CLOSING_BUCKETS) === bucket);
      expect(due.filter((source) => inBucket.includes(source))).toEqual(inBucket.reverse());
    }
  });

  test('are not due any more once nothing is open, and again when something is', async () => {
    const { states } = await open(make);
    const due = () => collect(states.dueForClosing(Number.POSITIVE_INFINITY));
    await states.commit([write('a', { state: bytesOfText('1'), closesAtMs: 5 })]);
    expect(await due()).toEqual(['a']);
    await states.commit([write('a', { expectedVersion: 1, state: bytesOfText('2'), closesAtMs: undefined })]);
    expect(await due()).toEqual([]);
    await states.commit([write('a', { expectedVersion: 2, state: bytesOfText('3'), closesAtMs: 6 })]);
    expect(await due()).toEqual(['a']);
  });

  test('are refused where the version came again with another state', async () => {
    const { states } = await open(make);
    await states.commit([write('a', { state: bytesOfText('one') })]);
    const next = { expectedVersion: 1, state: bytesOfText('two') };
    const [other] = await states.commit([
      write('a', { ...next, expectedCheck: checkOf(bytesOfText('another')) }),
    ]);
    expect(other).toMatchObject({ kind: 'refused', stored: { version: 1, state: bytesOfText('one') } });
    const expectedCheck = checkOf(bytesOfText('one'));
    expect(await states.commit([write('a', { ...next, expectedCheck })])).toEqual([
      { kind: 'committed', version: 2 },
    ]);
  });

  test('tell their changes with both states', async () => {
    const { states, changes } = await open(make);
    await states.commit([write('a', { state: bytesOfText('one'), closesAtMs: 5 })]);
    await states.commit([write('a', { state: bytesOfText('refused') })]);
    await states.commit([
      write('a', { expectedVersion: 1, state: bytesOfText('two'), closesAtMs: undefined }),
    ]);
    const closingBucket = number(bucketOf('a', CLOSING_BUCKETS));
    const one = {
      source: text('a'),
      version: number(1),
      state: bytes(bytesOfText('one')),
      check: number(checkOf(bytesOfText('one'))),
      closesAt: number(5),
      closingBucket,
    };
    const two = {
      source: text('a'),
      version: number(2),
      state: bytes(bytesOfText('two')),
      check: number(checkOf(bytesOfText('two'))),
      closingBucket,
    };
    expect(await changes(2)).toEqual([
      { eventName: 'INSERT', keys: { source: text('a') }, oldImage: undefined, newImage: one },
      { eventName: 'MODIFY', keys: { source: text('a') }, oldImage: one, newImage: two },
    ]);
  });
}

function unreadable(make: MakeTable): void {
  test('of another make are sources whose state nobody reads', async () => {
    const { states, table } = await open(make);
    await table.putMany([{ source: text('a'), state: text('{}') }, { source: text('b') }]);
    const found = await states.load(['a', 'b']);
    expect(found).toHaveLength(2);
    for (const { source, version, state } of found) {
      expect(version).toBe(0);
      expect(() => decodeBooks(source, state)).toThrow();
    }
  });

  test('are held under a version that rises each time, with the state as it is, until that is lifted', async () => {
    const { states } = await open(make);
    await states.commit([write('a', { state: bytesOfText('1') })]);
    const [loaded] = await states.load(['a']);
    if (loaded === undefined) throw new Error('it is there');
    const hold = { reason: 'state-unreadable', sinceMs: 7 } as const;
    expect(await states.hold([{ stored: loaded, hold }])).toEqual([{ kind: 'committed', version: 2 }]);
    const [held] = await states.load(['a']);
    expect(held).toEqual({ ...loaded, version: 2, held: hold });
    expect(await states.lift(loaded)).toEqual({ kind: 'refused', stored: held });
    const later = { reason: 'state-too-large', sinceMs: 9 } as const;
    expect(await states.hold([{ stored: { source: 'a', version: 2, held: hold }, hold: later }])).toEqual([
      { kind: 'committed', version: 3 },
    ]);
    expect(await states.load(['a'])).toEqual([{ ...loaded, version: 3, held: hold }]);
    expect(await states.lift({ source: 'a', version: 3 })).toEqual({ kind: 'committed', version: 4 });
    expect(await states.load(['a'])).toEqual([{ ...loaded, version: 4 }]);
  });
}

async function open(make: MakeTable) {
  const { table, changes } = await make(SOURCES_SCHEMA);
  return { table, changes, states: new SourceStates(table) };
}

async function load(states: SourceStates, sources: readonly string[]) {
  const found = await states.load(sources);
  return [...found].sort((a, b) => (a.source < b.source ? -1 : 1));
}

function write(source: string, rest: Partial<Omit<StateWrite, 'source'>>): StateWrite {
  return { source, expectedVersion: undefined, state: bytesOfText('{}'), closesAtMs: undefined, ...rest };
}

/** What a source has that was stored with this content. */
function stateOf(content: string) {
  const state = bytesOfText(content);
  return { state, check: checkOf(state) };
}

function bytesOfText(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
