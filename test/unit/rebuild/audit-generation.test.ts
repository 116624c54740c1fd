import { beforeEach, describe, expect, test } from 'vitest';
import { manifestKey } from '../../../src/core/archive/archive-names.ts';
import type { ShardId } from '../../../src/core/brands.ts';
import { auditGeneration } from '../../../src/rebuild/audit-generation.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { text } from '../../../src/stores/table.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';

const START_MS = Date.parse('2026-11-28T09:58:00Z');
const DEFINITION = { aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }] };
const PLACE = { stream: 'telemetry', shard: 'shardId-000000000000' as ShardId };

describe('the audit of a generation', () => {
  let archive = new MemoryObjects();
  let made = generationOf(archive, DEFINITION);
  const audit = () => auditGeneration(made.options, made.tables);

  beforeEach(async () => {
    archive = new MemoryObjects();
    made = generationOf(archive, DEFINITION);
    const events = Array.from({ length: 12 }, (_, at) => ({
      source: `d${at % 3}`,
      time: START_MS + at * 30_000,
      values: { v: at },
    }));
    await archiveEvents(archive, events);
  });

  test('accounts for every record and every event of what was rebuilt', async () => {
    await rebuildAll(made.options);
    expect(await audit()).toMatchObject({ manifestRecords: 12, foldedRecords: 12, events: 12, problems: [] });
  });

  test('names every hour that is not folded', async () => {
    expect((await audit()).problems).toEqual([
      'hour 2026-11-28T09 of shardId-000000000000: found nothing folded, expected 4 records',
      'hour 2026-11-28T10 of shardId-000000000000: found nothing folded, expected 8 records',
    ]);
  });

  test('accounts for hours that were folded one by one and are one chunk since, for an object that no manifest names, and for folding that', async () => {
    await rebuildAll(made.options);
    const keys: string[] = [];
    for await (const { key } of archive.list('records/')) keys.push(key);
    const key = keys.find((one) => one.includes('hour=2026-11-28T09') && one.endsWith('.zst')) ?? '';
    await archive.put(key.replace(/\d(?=\.ndjson)/, '2'), (await archive.get(key))?.body ?? Buffer.alloc(0));
    const whole = { manifestRecords: 12, foldedRecords: 12, events: 12, problems: [] };
    expect(await audit()).toMatchObject(whole);
    await rebuildAll(made.options);
    expect(await audit()).toMatchObject(whole);
  });

  test('takes what came into the newest hour since for what it is: the stream goes on', async () => {
    await rebuildAll(made.options);
    const later = Array.from({ length: 14 }, (_, at) => ({
      source: `d${at % 3}`,
      time: START_MS + at * 30_000,
      values: { v: at },
    }));
    await archiveEvents(archive, later);
    expect(await audit()).toMatchObject({ manifestRecords: 14, foldedRecords: 12, events: 12, problems: [] });
    await rebuildAll(made.options);
    expect(await audit()).toMatchObject({ foldedRecords: 14, events: 14, problems: [] });
  });

  test('takes an hour that has just begun for what came since, and names one that stands longer, or in a range that ends', async () => {
    await rebuildAll(made.options);
    const first = Array.from({ length: 12 }, (_, at) => ({
      source: `d${at % 3}`,
      time: START_MS + at * 30_000,
    }));
    const next = (minutes: number) => ({
      source: 'd1',
      time: Date.parse('2026-11-28T11:00:00Z') + minutes * 60_000,
    });
    await archiveEvents(archive, [...first, next(0), next(5)]);
    expect((await audit()).problems).toEqual([]);
    const toMs = Date.parse('2026-11-28T12:00:00Z');
    const ending = { ...made.options, generation: { ...made.options.generation, toMs } };
    const unfolded = 'hour 2026-11-28T11 of shardId-000000000000: found nothing folded, expected';
    expect((await auditGeneration(ending, made.tables)).problems).toEqual([`${unfolded} 2 records`]);
    await archiveEvents(archive, [...first, next(0), next(5), next(6)]);
    expect((await audit()).problems).toEqual([`${unfolded} 3 records`]);
  });

  test('holds hours that were folded together against the manifests of each', async () => {
    const mixed = [0, 240, 1, 2].map((minutes) => ({ source: 'd1', time: START_MS + minutes * 60_000 }));
    archive = new MemoryObjects();
    await archiveEvents(archive, mixed);
    made = generationOf(archive, DEFINITION);
    await rebuildAll(made.options);
    expect(await audit()).toMatchObject({ manifestRecords: 4, foldedRecords: 4, problems: [] });
  });

  test.each([
    ['2026-11-28T09', 4],
    ['2026-11-28T10', 8],
  ])('names an hour of which less is folded than was named then: %s', async (name, records) => {
    await rebuildAll(made.options);
    const hour = { shard: PLACE.shard, hour: name };
    const stored = await made.options.generations.chunk('second', hour);
    if (stored === undefined) throw new Error('the chunk is not noted');
    await made.options.generations.noteChunk(
      'second',
      { ...stored.value, records: records - 1 },
      stored.version,
    );
    expect((await audit()).problems).toEqual([
      `hour ${name} of shardId-000000000000: found ${records - 1} records folded, expected ${records}`,
    ]);
  });

  test('names a gap, and the rebuild does not begin over one', async () => {
    const key = manifestKey({ ...PLACE, hour: '2026-11-28T10' });
    await archive.remove(key);
    expect((await audit()).problems[0]).toMatch(`a gap: ${archive.name}${key}: found nothing`);
    await expect(rebuildAll(made.options)).rejects.toMatchObject({ code: 'archive' });
  });

  test('finds an event that has no verdict', async () => {
    await rebuildAll(made.options);
    await made.tables.sources.deleteMany([{ source: text('d1') }]);
    expect((await audit()).problems).toEqual([
      'found 8 events in the books and 0 set aside, expected the 12 that the records held',
    ]);
  });

  test('finds records folded that are not those that the manifest names', async () => {
    await rebuildAll(made.options);
    const hour = { shard: PLACE.shard, hour: '2026-11-28T10' };
    const stored = await made.options.generations.chunk('second', hour);
    if (stored === undefined) throw new Error('the chunk is not noted');
    const other = { ...stored.value, digest: 'f'.repeat(64) };
    await made.options.generations.noteChunk('second', other, stored.version);
    expect((await audit()).problems[0]).toMatch('found other records folded than its manifest names');
  });
});
