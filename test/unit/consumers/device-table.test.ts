// Tags from the table of devices: those of a record's arrival, in every container and on every delivery, whatever becomes of the table.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceCache } from '../../../consumers/aggregate/device-cache.ts';
import { wire } from '../../../consumers/aggregate/wire.ts';
import { type DeviceHistory, tagsAt, withTagsFrom } from '../../../src/core/device-history.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { DeviceTable } from '../../../src/stores/device-table.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { StoreError } from '../../../src/stores/store-error.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { runs } from '../../support/runs.ts';
import { noShards } from '../../support/shards-in-memory.ts';

/** What who puts tags has to keep: functions notice a change within half a minute. */
const LEAD_MS = 60_000;
const HOUR_MS = 3_600_000;
const tags = fc.constantFrom({}, { site: 'north' }, { site: 'south' }, { site: 'south', model: 'x' });

describe('the history of a device', () => {
  test('a change leaves what was before it, and is all there is from then on', () => {
    const changes = fc.array(fc.record({ fromMs: fc.nat({ max: 50 }), tags }), { maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.record({ fromMs: fc.nat({ max: 50 }), tags }), (before, next) => {
        const history = before.reduce<DeviceHistory>((all, one) => withTagsFrom(all, one, -1), []);
        const after = withTagsFrom(history, next, -1);
        for (let at = 0; at < next.fromMs; at += 1)
          expect(tagsAt(after, at) ?? {}).toEqual(tagsAt(history, at) ?? {});
        for (const at of [next.fromMs, 60]) expect(tagsAt(after, at) ?? {}).toEqual(next.tags);
      }),
      { numRuns: runs(500) },
    );
  });

  test('what ended long ago is not kept', () => {
    const history = [10, 20, 30].reduce<DeviceHistory>(
      (all, fromMs) => withTagsFrom(all, { fromMs, tags: { at: String(fromMs) } }, 25),
      [],
    );
    expect(history.map(({ fromMs }) => fromMs)).toEqual([20, 30]);
  });
});

test('every container gives a record the same tags, whenever it comes', async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      source: fc.constantFrom('a', 'b'),
      tags,
      leadMs: fc.integer({ min: LEAD_MS, max: 5 * LEAD_MS }),
    }),
    fc.record({
      kind: fc.constant('read' as const),
      container: fc.nat({ max: 2 }),
      agoMs: fc.nat({ max: HOUR_MS }),
    }),
  );
  const steps = fc.array(fc.tuple(step, fc.nat({ max: 100_000 })), { minLength: 5, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      let nowMs = 1_772_352_000_000;
      const table = new DeviceTable(new MemoryTable(TABLE_SCHEMAS.readers));
      const containers = [0, 1, 2].map(() => new DeviceCache(table, () => nowMs));
      const given = new Map<string, unknown>();
      for (const [one, passedMs] of all) {
        nowMs += passedMs;
        if (one.kind === 'put') {
          await table.put([{ source: one.source, tags: one.tags }], { fromMs: nowMs + one.leadMs, nowMs });
          continue;
        }
        const histories = await containers[one.container]?.load(['a', 'b']);
        // Coarse, so that a record comes several times.
        const arrivalMs = Math.floor((nowMs - one.agoMs) / 20_000) * 20_000;
        for (const source of ['a', 'b']) {
          const key = `${source} ${arrivalMs}`;
          const found = tagsAt(histories?.get(source) ?? [], arrivalMs) ?? {};
          if (given.has(key)) expect(found).toEqual(given.get(key));
          given.set(key, found);
        }
      }
    }),
    { numRuns: runs(300) },
  );
});

describe('the function', () => {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'm', window: { tumbling: '1m' }, allowedLateness: '1h' }],
    rollups: [{ name: 'site', of: 'm', by: ['site'] }],
    devices: { table: true },
  });
  const T0 = 1_772_352_000_000;
  const records = [1, 2, 3].map((n) =>
    kinesisRecord({
      sequence: sequenceOf(n),
      arrivalMs: T0 + n * LEAD_MS,
      data: { source: 'd', id: n, time: T0 + n, values: { v: n } },
    }),
  );
  const sitesOf = async (table: MemoryTable) => {
    const [stored] = await new SourceStates(table).load(['d']);
    return JSON.stringify(
      stored === undefined
        ? []
        : [
            ...Buffer.from(stored.state)
              .toString('latin1')
              .matchAll(/north|south/g),
          ].map(String),
    );
  };

  test('folds each record with the tags of its arrival; events keep those that they state', async () => {
    const [sources, readers] = [
      new MemoryTable(TABLE_SCHEMAS.sources),
      new MemoryTable(TABLE_SCHEMAS.readers),
    ];
    const table = new DeviceTable(readers);
    await table.put([{ source: 'd', tags: { site: 'north' } }], { fromMs: T0, nowMs: T0 - HOUR_MS });
    await table.put([{ source: 'd', tags: { site: 'south' } }], { fromMs: T0 + 3 * LEAD_MS, nowMs: T0 });
    const host = memoryHost({ pipeline, tables: { sources, readers }, shards: noShards, setting: () => '' });
    expect(await wire(host)({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(await sitesOf(sources)).toBe('["north","south"]');
  });

  test('a table that cannot be read leaves the batch to come again, and nothing is folded', async () => {
    const sources = new MemoryTable(TABLE_SCHEMAS.sources);
    const readers = new MemoryTable(TABLE_SCHEMAS.readers);
    const broken = Object.create(readers, {
      getMany: {
        value: async () => Promise.reject(new StoreError('table-unavailable', 'gone', { retryable: true })),
      },
    });
    const tables = { sources, readers, devices: broken };
    const aggregate = wire(memoryHost({ pipeline, tables, shards: noShards, setting: () => '' }));
    expect(await aggregate({ Records: records })).toEqual({
      batchItemFailures: [{ itemIdentifier: sequenceOf(1) }],
    });
    expect(await new SourceStates(sources).load(['d'])).toEqual([]);
  });
});

describe('the table', () => {
  test('says how many devices are other than before, and has another revision after each put', async () => {
    const table = new DeviceTable(new MemoryTable(TABLE_SCHEMAS.readers));
    const rows = Array.from({ length: 150 }, (_, at) => ({ source: `d${at}`, tags: { site: 'north' } }));
    expect(await table.revision()).toBe(0);
    expect(await table.put(rows, { fromMs: 10, nowMs: 0 })).toBe(150);
    expect(await table.put(rows, { fromMs: 20, nowMs: 0 })).toBe(0);
    expect(await table.revision()).toBe(2);
    expect((await table.load(['d149', 'none'])).get('d149')).toEqual([
      { fromMs: 10, tags: { site: 'north' } },
    ]);
  });

  test('refuses a history that would be too long', async () => {
    const table = new DeviceTable(new MemoryTable(TABLE_SCHEMAS.readers));
    const put = async (at: number) =>
      await table.put([{ source: 'd', tags: { site: 'x'.repeat(250), at: String(at) } }], {
        fromMs: at,
        nowMs: 0,
      });
    const all = async () => {
      for (let at = 1; at < 400; at += 1) await put(at);
    };
    await expect(all()).rejects.toThrow(/d could not be put: found \d+ changes of its tags within a year/);
  });
});
