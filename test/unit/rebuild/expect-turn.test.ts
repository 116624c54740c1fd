import { beforeEach, describe, expect, test } from 'vitest';
import type { ShardId } from '../../../src/core/brands.ts';
import { expectTurn } from '../../../src/rebuild/expect-turn.ts';
import { closeHour, planRebuild, rebuildChunk } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';

const START_MS = Date.parse('2026-11-28T09:30:00Z');
const DEFINITION = { aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }] };
const [A, B] = ['shardId-000000000000', 'shardId-000000000001'] as ShardId[];
const chunk = (shard: ShardId | undefined, hour: string) =>
  ({ kind: 'fold', chunk: { shard: shard ?? ('' as ShardId), hours: [hour] } }) as const;
const close = (hour: string) => ({ kind: 'close', hour }) as const;

describe('two shards of three hours', () => {
  let made = generationOf(new MemoryObjects(), DEFINITION);
  beforeEach(async () => {
    const archive = new MemoryObjects();
    made = generationOf(archive, DEFINITION);
    const events = Array.from({ length: 60 }, (_, at) => {
      return { source: `d${at % 2}`, time: START_MS + at * 120_000, values: { v: at } };
    });
    await archiveEvents(archive, events, { shardOf: (at) => at % 2 });
  });
  const turn = (asked: Parameters<typeof expectTurn>[0]) => expectTurn(asked, made.options);

  test('each is folded in its turn, side by side within an hour, and closed behind both', async () => {
    for (const hour of ['2026-11-28T09', '2026-11-28T10', '2026-11-28T11']) {
      await turn(chunk(B, hour));
      await turn(chunk(A, hour));
      await expect(turn(close(hour))).rejects.toThrow(/to be closed, and .* not folded before it/);
      for (const work of await planRebuild(made.options)) {
        if (work.hour !== hour) continue;
        if (work.kind === 'close') await closeHour(work, made.options);
        else for (const one of work.chunks) await rebuildChunk(one, made.options);
      }
      // Again, by one that comes late: it is done.
      await turn(chunk(A, hour));
      await turn(close(hour));
    }
  });

  test('no hour before those before it, of its own shard or another', async () => {
    const refused = /T10 of shardId-00000000000\d to be folded, and 2026-11-28T09 of .* not folded before it/;
    await expect(turn(chunk(A, '2026-11-28T10'))).rejects.toThrow(refused);
    await rebuildChunk(chunk(A, '2026-11-28T09').chunk, made.options);
    await turn(chunk(A, '2026-11-28T09'));
    await expect(turn(chunk(A, '2026-11-28T10'))).rejects.toThrow(refused);
    await rebuildChunk(chunk(B, '2026-11-28T09').chunk, made.options);
    await expect(turn(chunk(A, '2026-11-28T10'))).rejects.toThrow(/and 2026-11-28T09 not closed before it/);
    await closeHour({ hour: '2026-11-28T09', atMs: Date.parse('2026-11-28T10:00:00Z') }, made.options);
    await turn(chunk(A, '2026-11-28T10'));
  });

  test('an hour that has grown since it was folded is closed all the same: more of it comes with the next plan', async () => {
    for (const shard of [A, B]) await rebuildChunk(chunk(shard, '2026-11-28T09').chunk, made.options);
    const grown = Array.from({ length: 80 }, (_, at) => {
      const time = at < 60 ? START_MS + at * 120_000 : Date.parse('2026-11-28T09:59:59Z');
      return { source: `d${at % 2}`, time, values: { v: at } };
    });
    await archiveEvents(made.options.archive, grown, { shardOf: (at) => at % 2 });
    await turn(close('2026-11-28T09'));
  });
});

test('of an hour that more may stand in, which is folded with the one behind it, another shard of that hour waits for nothing', async () => {
  const archive = new MemoryObjects();
  const made = generationOf(archive, DEFINITION);
  // All of B stands behind what A has in the first hour, and not behind what A has in both.
  const events = Array.from({ length: 6 }, (_, at) => ({
    source: `d${at % 2}`,
    time: START_MS + (at < 3 ? 0 : 7_200_000) + at,
    values: { v: at },
  }));
  await archiveEvents(archive, events, { shardOf: (at) => [0, 0, 1][at % 3] ?? 0 });
  const keys: string[] = [];
  for await (const { key } of archive.list('records/')) keys.push(key);
  const key = keys.find((one) => one.includes(`shard=${A}/hour=2026-11-28T09`) && one.endsWith('.zst')) ?? '';
  const object = await archive.get(key);
  await archive.put(key.replace(/\d(?=\.ndjson)/, '2'), object?.body ?? Buffer.alloc(0));
  const [work] = await planRebuild(made.options);
  expect(work).toMatchObject({
    kind: 'fold',
    chunks: [
      { shard: A, hours: ['2026-11-28T09', '2026-11-28T11'] },
      { shard: B, hours: ['2026-11-28T09'] },
    ],
  });
  await expectTurn(chunk(B, '2026-11-28T09'), made.options);
  await expect(expectTurn(close('2026-11-28T09'), made.options)).rejects.toThrow(/not folded before it/);
});
