import { describe, expect, it } from 'vitest';
import { createAggregate } from '../../../consumers/aggregate/aggregate.ts';
import { createClose } from '../../../consumers/close/close.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { PRIMER_KEY, SOURCES_TABLE } from '../../../src/platform/names.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import type { MemoryTable } from '../../../src/stores/memory-table.ts';
import { retireSource } from '../../../src/stores/retire-source.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { type Table, text, textOf } from '../../../src/stores/table.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { shardsInMemory } from '../../support/shards-in-memory.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { tableOver } from '../../support/table-over.ts';

const MINUTE = 60_000;
const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'short', window: { tumbling: '1m' }, allowedLateness: '1m', idleTimeout: '5m' },
    { name: 'long', window: { tumbling: '1h' }, idleTimeout: '5m' },
  ],
});
const PLENTY = { getRemainingTimeInMillis: () => 60_000 };

/** Sources that each sent one event at `timeMs`, arrived at the same time unless said otherwise. */
async function setUp(
  sources: readonly { readonly source: string; readonly timeMs?: number; readonly arrivalMs?: number }[],
  over: (table: MemoryTable) => Table = (table) => table,
) {
  const tables = new StoredTables();
  const observed = new Observed();
  const nothing = new Observed();
  const states = new SourceStates(tables.sources);
  await createAggregate({
    pipeline: PIPELINE,
    states,
    deadLetters: new DeadLetters(tables.deadLetters),
    shards: shardsInMemory(),
    log: nothing.log,
    meter: nothing.meter,
    nowMs: () => 0,
  })({
    Records: sources.map(({ source, timeMs = 0, arrivalMs = timeMs }, at) =>
      kinesisRecord({ data: { source, time: timeMs }, arrivalMs, sequence: sequenceOf(at) }),
    ),
  });
  const at = { nowMs: 0 };
  const close = createClose({
    pipeline: PIPELINE,
    states: new SourceStates(over(tables.sources)),
    readUpTo: async () => ({ readUpToMs: at.nowMs, ticks: 0 }),
    log: observed.log,
    meter: observed.meter,
    nowMs: () => at.nowMs,
  });
  const closeAt = async (nowMs: number, context = PLENTY) => {
    at.nowMs = nowMs;
    return await close({}, context);
  };
  const stateOf = async (source: string) => {
    const [stored] = await states.load([source]);
    return decodeState(source, stored?.state ?? '', PIPELINE);
  };
  return { tables, observed, close, closeAt, stateOf };
}

const NOTHING = {
  sourcesLookedAt: 0,
  closedWindows: 0,
  stateWrites: 0,
  refused: 0,
  failed: 0,
  held: 0,
  finished: true,
};

describe('a source that was retired', () => {
  it('has all it has open closed at once, and is then looked at no more', async () => {
    const { tables, closeAt, stateOf } = await setUp([{ source: 'a' }, { source: 'b' }]);
    const states = new SourceStates(tables.sources);
    expect(await retireSource('a', { states, nowMs: 1 })).toEqual({ kind: 'retired' });
    expect(await closeAt(2)).toMatchObject({ sourcesLookedAt: 1, closedWindows: 2 });
    expect((await stateOf('a')).windowCount).toBe(0);
    expect((await stateOf('b')).windowCount).toBe(2);
    expect(await closeAt(3)).toMatchObject({ sourcesLookedAt: 0 });
    await retireSource('a', { states, nowMs: 4 });
    expect(await closeAt(5)).toMatchObject({ sourcesLookedAt: 1, stateWrites: 0 });
    expect(await closeAt(6)).toMatchObject({ sourcesLookedAt: 0 });
  });
});

describe('the closer', () => {
  it('closes what is due at end + lateness + idle timeout, not a millisecond before, and leaves the rest open', async () => {
    const { closeAt, stateOf } = await setUp([{ source: 'a' }]);
    expect(await closeAt(7 * MINUTE - 1)).toEqual(NOTHING);
    expect(await closeAt(7 * MINUTE)).toMatchObject({ sourcesLookedAt: 1, closedWindows: 1, stateWrites: 1 });
    const { open, closed, maxTime } = await stateOf('a');
    expect(open.map(({ windows }) => windows.size)).toEqual([0, 1]);
    expect(closed).toMatchObject([{ aggregation: 'short', start: 0 }]);
    expect(maxTime).toBe(2 * MINUTE);
    expect(await closeAt(7 * MINUTE)).toEqual(NOTHING);
    expect(await closeAt(65 * MINUTE)).toMatchObject({ closedWindows: 1 });
    expect(await closeAt(1_000 * MINUTE)).toEqual(NOTHING);
  });

  it('leaves a source alone from which something arrived lately, however old its events', async () => {
    const { closeAt, stateOf } = await setUp([{ source: 'a', timeMs: 0, arrivalMs: 100 * MINUTE }]);
    expect(await closeAt(104 * MINUTE)).toMatchObject({ closedWindows: 0, stateWrites: 0 });
    expect(await closeAt(105 * MINUTE)).toMatchObject({ closedWindows: 2, stateWrites: 1 });
    expect((await stateOf('a')).open.map(({ windows }) => windows.size)).toEqual([0, 0]);
  });

  it('closes everything on request, whatever the time', async () => {
    const { close, observed } = await setUp([{ source: 'a', timeMs: 1e12 }, { source: 'b' }]);
    const answer = { sourcesLookedAt: 2, closedWindows: 4, stateWrites: 2, refused: 0, failed: 0, held: 0 };
    expect(await close({ closeAll: true }, PLENTY)).toEqual({ ...answer, finished: true });
    expect(observed.published).toMatchObject([{ runs: 1, ...answer, unreached: 0, ticks: 0 }]);
  });

  it('passes over a source that moved on while it was being closed, and closes the others', async () => {
    const { closeAt, stateOf } = await setUp([{ source: 'moved' }, { source: 'silent' }], (table) =>
      tableOver(table, {
        commit: async (writes) =>
          await Promise.all(
            writes.map(async (write) => {
              if (textOf(write.key, 'source') !== 'moved') {
                const [outcome] = await table.commit([write]);
                return outcome ?? { kind: 'failed' as const, reason: 'none' };
              }
              return { kind: 'refused' as const, stored: undefined };
            }),
          ),
      }),
    );
    expect(await closeAt(7 * MINUTE)).toMatchObject({
      closedWindows: 1,
      refused: 1,
      failed: 0,
      held: 0,
      finished: true,
    });
    expect((await stateOf('silent')).open.map(({ windows }) => windows.size)).toEqual([0, 1]);
    expect((await stateOf('moved')).open.map(({ windows }) => windows.size)).toEqual([1, 1]);
  });

  it('counts a source that could not be written as failed, says so, and comes back to it', async () => {
    let fails = true;
    const { closeAt, observed } = await setUp([{ source: 'a' }], (table) =>
      tableOver(table, {
        commit: async (writes) =>
          fails ? writes.map(() => ({ kind: 'failed', reason: 'throttled' })) : await table.commit(writes),
      }),
    );
    expect(await closeAt(7 * MINUTE)).toMatchObject({ closedWindows: 0, failed: 1, finished: true });
    expect(observed.lines).toEqual([
      { level: 'error', message: 'windows not closed', fields: { source: 'a', reason: 'throttled' } },
      { level: 'error', message: 'sources not closed', fields: { failed: 1 } },
    ]);
    fails = false;
    expect(await closeAt(7 * MINUTE)).toMatchObject({ closedWindows: 1, failed: 0 });
  });

  it('is not held up by a state that cannot be read', async () => {
    const { closeAt, tables, stateOf, observed } = await setUp([{ source: 'torn' }, { source: 'a' }]);
    const [stored] = await tables.sources.getMany([{ source: text('torn') }]);
    await tables.sources.putMany([{ ...stored, source: text('torn'), state: text('{"v":99}') }]);
    expect(await closeAt(7 * MINUTE)).toMatchObject({ closedWindows: 1, failed: 0, held: 1 });
    expect((await stateOf('a')).open.map(({ windows }) => windows.size)).toEqual([0, 1]);
    expect(observed.lines[0]).toMatchObject({
      message: 'state not readable',
      fields: { source: 'torn', reason: expect.stringContaining('found encoding version 99, expected') },
    });
  });

  it('stops in time, says that it has not finished, and goes on at the next run', async () => {
    const sources = Array.from({ length: 120 }, (_, at) => ({ source: `s${at}` }));
    const { closeAt } = await setUp(sources);
    const timesMs = [60_000, 60_000, 9_999];
    const answer = await closeAt(7 * MINUTE, { getRemainingTimeInMillis: () => timesMs.shift() ?? 0 });
    expect(answer).toMatchObject({ sourcesLookedAt: 100, closedWindows: 100, finished: false });
    expect(await closeAt(7 * MINUTE)).toMatchObject({
      sourcesLookedAt: 20,
      closedWindows: 20,
      finished: true,
    });
  });

  it('reads and writes many sources in groups, each one closed once', async () => {
    const groups: number[] = [];
    const sources = Array.from({ length: 120 }, (_, at) => ({ source: `s${at}` }));
    const { closeAt, tables } = await setUp(sources, (table) =>
      tableOver(table, {
        getMany: async (keys) => {
          groups.push(keys.length);
          return await table.getMany(keys);
        },
      }),
    );
    expect(await closeAt(7 * MINUTE)).toMatchObject({
      sourcesLookedAt: 120,
      closedWindows: 120,
      stateWrites: 120,
    });
    expect(groups).toEqual([50, 50, 20]);
    expect(tables.changes.sources).toHaveLength(240);
  });

  it('passes over the item that begins a change stream', async () => {
    const { close, tables } = await setUp([]);
    await tables.sources.putMany([{ [SOURCES_TABLE.partitionKey]: text(PRIMER_KEY) }]);
    expect(await close({ closeAll: true }, PLENTY)).toEqual(NOTHING);
  });
});
