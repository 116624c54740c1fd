// The audit finds nothing where nothing is wrong, whatever moment it looks at; and what is wrong it finds, and names rightly.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Difference, DifferenceKind } from '../../src/core/audit/difference.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { parseRollupSeries, parseSourceSeries } from '../../src/core/series.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { encodeStoredWindow, type StoredWindow } from '../../src/core/stored-window.ts';
import { DEAD_LETTERS_TABLE, SOURCES_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import type { MemoryTable } from '../../src/stores/memory-table.ts';
import { bytes, bytesOf, type Item, numberOf, textOf } from '../../src/stores/table.ts';
import { isSpread, toPart } from '../../src/stores/windows.ts';
import { AuditedSystem } from '../support/audited-system.ts';
import { collect } from '../support/collect.ts';
import { sequenceOf } from '../support/event-streams.ts';
import { kinesisRecord } from '../support/kinesis-records.ts';
import { atLeast, runs } from '../support/runs.ts';

const T0 = 1_700_000_000_000;
const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'm', window: { tumbling: '10s' }, allowedLateness: '5s', idleTimeout: '1s' },
    {
      name: 'hops',
      window: { hopping: { size: '20s', every: '10s' } },
      allowedLateness: '0ms',
      idleTimeout: '1s',
    },
    { name: 'visits', window: { session: { gap: '4s' } }, allowedLateness: '5s' },
    { name: 'warm', window: { tumbling: '10s' }, filter: { types: ['warm'] } },
  ],
  rollups: [
    { name: 'by-site', of: 'm', by: ['site'] },
    { name: 'all', of: 'm', by: [] },
    { name: 'levels', of: 'hops', levels: ['site', 'kind'] },
  ],
});
/** Others of each kind: another window under a name, a rollup that is new, one that is gone, more of it counted. */
const LATER = parsePipeline({
  aggregations: [
    { name: 'm', window: { tumbling: '20s' }, allowedLateness: '5s', idleTimeout: '1s' },
    {
      name: 'hops',
      window: { hopping: { size: '20s', every: '10s' } },
      allowedLateness: '10s',
      idleTimeout: '1s',
    },
    { name: 'warm', window: { tumbling: '10s' }, idleTimeout: '1s' },
  ],
  rollups: [
    { name: 'by-site', of: 'm', by: ['site', 'kind'] },
    { name: 'warm-all', of: 'warm', by: [] },
  ],
});

const planned = fc.record({
  source: fc.constantFrom('a', 'b', 'c', 'd'),
  /** Since the event before, in any source. */
  stepMs: fc.integer({ min: 0, max: 3_000 }),
  /** How long it was under way. */
  behindMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 40_000 })),
  site: fc.constantFrom('n', 's', undefined),
  kind: fc.constantFrom('x', 'y'),
  type: fc.constantFrom('warm', 'cold'),
  id: fc.option(fc.nat(30)),
});
type Planned = typeof planned extends fc.Arbitrary<infer T> ? T : never;

function recordsOf(events: readonly Planned[]) {
  let now = T0;
  return events.map(({ source, stepMs, behindMs, site, kind, type, id }, at) => {
    now += stepMs;
    const tags = site === undefined ? { kind } : { site, kind };
    const data = {
      source,
      type,
      time: now - behindMs,
      values: { v: at },
      tags,
      ...(id === null ? {} : { id }),
    };
    return kinesisRecord({ data, sequence: sequenceOf(at + 1), arrivalMs: now });
  });
}

const arbitraryEvents = fc.array(planned, { minLength: 10, maxLength: 80 });
const arbitrarySteps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), size: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('roll up' as const), size: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('roll up again' as const, 'deliver again' as const),
        size: fc.integer({ min: 1, max: 9 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('audit' as const, 'deploy' as const, 'close' as const),
        size: fc.nat(1),
      }),
    },
  ),
  { maxLength: 30 },
);

test('nothing is found where nothing is wrong, at whatever moment', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryEvents, arbitrarySteps, async (events, steps) => {
      const system = new AuditedSystem(PIPELINE);
      const records = recordsOf(events);
      let delivered = 0;
      const noneFound = (found: readonly Difference[]) => expect(found).toEqual([]);
      for (const { kind, size } of steps) {
        system.nowMs = T0 + delivered * 1_000;
        if (kind === 'deliver') {
          await system.aggregate(records.slice(delivered, delivered + size));
          delivered = Math.min(records.length, delivered + size);
        } else if (kind === 'deliver again')
          await system.aggregate(records.slice(Math.max(0, delivered - size), delivered));
        else if (kind === 'roll up') await system.rollUp(size);
        else if (kind === 'roll up again') {
          system.handled = Math.max(0, system.handled - size);
          await system.rollUp(size);
        } else if (kind === 'deploy') system.deploy(size === 0 ? PIPELINE : LATER);
        else if (kind === 'close') await system.closeAll();
        else noneFound(await system.audit());
      }
      await system.aggregate(records.slice(delivered));
      noneFound(await system.auditAll());
      await system.closeAll();
      noneFound(await system.auditAll());
    }),
    { numRuns: runs(30) },
  );
});

interface Planted {
  /** Does the damage to something there is; undefined where there is nothing to damage. */
  readonly plant: (system: AuditedSystem, pick: number) => Promise<Partial<Difference['where']> | undefined>;
  readonly kinds: readonly DifferenceKind[];
}

const FAULTS: Readonly<Record<string, Planted>> = {
  'a window of a source that is deleted': {
    plant: async ({ tables }, pick) => {
      const found = pickOne(await windowsIn(tables.windows, 'source'), pick);
      if (found === undefined) return undefined;
      tables.windows.remove(keyIn(found.item, WINDOWS_TABLE));
      return { ...sourceOf(found.window), startMs: found.window.start };
    },
    kinds: ['window-missing'],
  },
  'a window of a source that is written over': {
    plant: async ({ tables }, pick) => {
      const found = pickOne(await windowsIn(tables.windows, 'source'), pick);
      if (found === undefined) return undefined;
      await rewrite(tables.windows, found, { ...found.window, events: found.window.events + 1 });
      return { ...sourceOf(found.window), startMs: found.window.start };
    },
    kinds: ['window-other'],
  },
  'a part of a rollup window that is deleted': {
    plant: async ({ tables }, pick) => {
      const found = pickOne((await windowsIn(tables.windows, 'rollup')).filter(isFinal), pick);
      if (found === undefined) return undefined;
      tables.windows.remove(keyIn(found.item, WINDOWS_TABLE));
      return { rollup: parseRollupSeries(found.window.series)?.rollup ?? '', startMs: found.window.start };
    },
    kinds: ['rollup-lacks-source', 'rollup-sum'],
  },
  'a part of a rollup window that counts twice': {
    plant: async ({ tables }, pick) => {
      const found = pickOne((await windowsIn(tables.windows, 'rollup')).filter(isFinal), pick);
      if (found === undefined) return undefined;
      await rewrite(tables.windows, found, { ...found.window, events: 2 * found.window.events });
      return { rollup: parseRollupSeries(found.window.series)?.rollup ?? '', startMs: found.window.start };
    },
    kinds: ['rollup-sum'],
  },
  'a dead letter that is deleted': {
    plant: async ({ tables }, pick) => {
      const letters = (await collect(tables.deadLetters.scan())).filter(
        (item) => numberOf(item, DEAD_LETTERS_TABLE.letterNumber) !== undefined,
      );
      const letter = pickOne(letters, pick);
      if (letter === undefined) return undefined;
      tables.deadLetters.remove(keyIn(letter, DEAD_LETTERS_TABLE));
      return {
        source: textOf(letter, 'source') ?? '',
        letter: numberOf(letter, DEAD_LETTERS_TABLE.letterNumber) ?? 0,
      };
    },
    kinds: ['letter-missing'],
  },
  'a source that is restored from before it closed a window': {
    plant: async ({ tables }, pick) => {
      const closing = tables.changes.sources.flatMap(({ newImage, oldImage }) => {
        const source = textOf(newImage ?? {}, SOURCES_TABLE.partitionKey) ?? '';
        const state = bytesOf(newImage ?? {}, SOURCES_TABLE.state);
        if (oldImage === undefined || state === undefined) return [];
        return decodeState(source, state, PIPELINE).closed.length === 0 ? [] : [oldImage];
      });
      const before = pickOne(closing, pick);
      if (before === undefined) return undefined;
      await tables.sources.putMany([before]);
      return { source: textOf(before, SOURCES_TABLE.partitionKey) ?? '' };
    },
    kinds: ['state-behind'],
  },
  'a window that its source has lost while it was open': {
    plant: async ({ tables }, pick) => {
      const states = (await collect(tables.sources.scan())).flatMap((item) => {
        const source = textOf(item, SOURCES_TABLE.partitionKey) ?? '';
        const state = decodeState(source, bytesOf(item, SOURCES_TABLE.state) ?? '', PIPELINE);
        return (state.open[0]?.windows.size ?? 0) === 0 ? [] : [{ source, item, state }];
      });
      const found = pickOne(states, pick);
      if (found === undefined) return undefined;
      found.state.open[0]?.windows.clear();
      await tables.sources.putMany([
        { ...found.item, [SOURCES_TABLE.state]: bytes(encodeState(found.state)) },
      ]);
      return { source: found.source, aggregation: 'm' };
    },
    kinds: ['books-and-windows'],
  },
};

describe('what is wrong is found, and named rightly', () => {
  test.each(Object.entries(FAULTS))('%s', async (_, { plant, kinds }) => {
    let planted = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryEvents, fc.nat(1_000), async (events, pick) => {
        const system = new AuditedSystem(PIPELINE);
        await system.aggregate(recordsOf(events));
        await system.rollUp();
        if (!kinds.includes('books-and-windows')) await system.closeAll();
        await system.rollUp();
        system.nowMs = T0 + 3_600_000;
        const where = await plant(system, pick);
        if (where === undefined) return;
        planted += 1;
        system.handled = system.tables.changes.sources.length;
        const found = await system.auditAll();
        expect(found.map(({ kind }) => kind).filter((kind) => kinds.includes(kind)).length).toBeGreaterThan(
          0,
        );
        expect(found.some(({ kind, where: place }) => kinds.includes(kind) && isAt(place, where))).toBe(true);
      }),
      { numRuns: atLeast(20) },
    );
    expect(planted).toBeGreaterThan(0);
  });

  test('a changelog that nobody read for a day', async () => {
    const system = new AuditedSystem(PIPELINE);
    const records = Array.from({ length: 60 }, (_, at) =>
      kinesisRecord({
        data: { source: 'dev', id: at, time: T0 + at * 1_000, values: { v: 1 }, tags: { site: 'n' } },
        sequence: sequenceOf(at + 1),
        arrivalMs: T0 + at * 1_000,
      }),
    );
    await system.aggregate(records.slice(0, 20));
    await system.rollUp();
    await system.aggregate(records.slice(20, 40));
    system.handled = system.tables.changes.sources.length;
    await system.aggregate(records.slice(40));
    const [first] = await system.auditAll();
    expect(first).toMatchObject({ kind: 'window-missing', where: { source: 'dev' } });
  });
});

interface Found {
  readonly item: Item;
  readonly window: StoredWindow;
}

async function windowsIn(table: MemoryTable, of: 'source' | 'rollup'): Promise<readonly Found[]> {
  return (await collect(table.scan()))
    .filter((item) => !isSpread(item))
    .map((item) => ({ item, window: toPart(item).window }))
    .filter(({ window }) => (of === 'rollup') === (window.part !== undefined));
}

const isFinal = ({ window }: Found) => window.final;

async function rewrite(table: MemoryTable, { item }: Found, window: StoredWindow): Promise<void> {
  await table.putMany([{ ...item, state: bytes(encodeStoredWindow(window)) }]);
}

function keyIn(item: Item, names: { readonly partitionKey: string; readonly sortKey: string }): Item {
  const entries = Object.entries(item).filter(
    ([name]) => name === names.partitionKey || name === names.sortKey,
  );
  return Object.fromEntries(entries);
}

function sourceOf({ series }: StoredWindow) {
  const { aggregation = '', source = '' } = parseSourceSeries(series) ?? {};
  return { aggregation, source };
}

function isAt(place: Difference['where'], where: Partial<Difference['where']>): boolean {
  return Object.entries(where).every(([name, value]) => Reflect.get(place, name) === value);
}

function pickOne<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)];
}
