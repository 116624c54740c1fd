// Between load and write a source's item is put back to another state of the same version: nobody writes over it what was made of the first.
import { expect, it } from 'vitest';
import { redriveSource } from '../../../consumers/aggregate/redrive-source.ts';
import { resumeSource } from '../../../consumers/aggregate/resume-source.ts';
import { wire as wireClose } from '../../../consumers/close/wire.ts';
import type { EpochMs } from '../../../src/core/brands.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { encodeState } from '../../../src/core/state-encoding.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import type { Item, Table } from '../../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { SHARD, STREAM_ARN, sequenceOf } from '../../support/event-streams.ts';
import { batchOf, eventOf } from '../../support/events.ts';
import { Observed } from '../../support/observed.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { tableOver } from '../../support/table-over.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });
const SOURCE = 'dev';
const IN_TIME = { getRemainingTimeInMillis: () => 60_000 };

/** The item of a source that has got these events, each in a write of its own. */
async function itemOf(times: readonly number[]): Promise<Item> {
  const table = new MemoryTable(TABLE_SCHEMAS.sources);
  const states = new SourceStates(table);
  let state = emptySourceState(SOURCE, PIPELINE);
  for (const [at, time] of times.entries()) {
    state = foldEvents(state, batchOf([entryOf(time).event], { firstRecord: time }), PIPELINE).state;
    const expectedVersion = at === 0 ? undefined : at;
    await states.commit([{ source: SOURCE, expectedVersion, state: encodeState(state), closesAtMs: 0 }]);
  }
  const [item] = await table.getMany([{ source: { S: SOURCE } }]);
  if (item === undefined) throw new Error('the source is stored');
  return item;
}

function entryOf(time: number) {
  const event = eventOf({ source: SOURCE, time, id: time, values: { v: time } });
  return { event, at: { shard: SHARD, sequence: sequenceOf(time), index: 0 }, arrivalMs: time as EpochMs };
}

type Writer = (sources: Table, deadLetters: DeadLetters) => Promise<unknown>;

const close: Writer = async (sources) => {
  const observed = new Observed();
  const host = memoryHost({
    pipeline: PIPELINE,
    log: observed.log,
    meter: observed.meter,
    clock: { nowMs: () => 10_000, sleep: async () => {} },
    setting: () => '',
    shards: noShards,
    tables: {
      sources,
      windows: new MemoryTable(TABLE_SCHEMAS.windows),
      deadLetters: new MemoryTable(TABLE_SCHEMAS.deadLetters),
      readers: new MemoryTable(TABLE_SCHEMAS.readers),
    },
  });
  return await wireClose(host)({ closeAll: true }, IN_TIME);
};

const resume: Writer = async (sources, deadLetters) => {
  const held = { ...entryOf(9), source: SOURCE, stream: STREAM_ARN, isStray: false };
  await deadLetters.hold([held], { reason: 'state-unreadable', detail: '' });
  return await resumeSource(SOURCE, { pipeline: PIPELINE, states: new SourceStates(sources), deadLetters });
};

const redrive: Writer = async (sources, deadLetters) => {
  const { event, at, arrivalMs } = entryOf(9);
  const payload = { encoding: 'json', body: '{}' };
  const letter = { at, reason: 'value', detail: '', source: SOURCE, arrivalMs, payload, stream: STREAM_ARN };
  return await redriveSource(SOURCE, [{ letter, event }], {
    pipeline: PIPELINE,
    states: new SourceStates(sources),
    deadLetters,
  });
};

it.each<[string, Writer]>([
  ['close', close],
  ['resume', resume],
  ['redrive', redrive],
])('%s', async (_, write) => {
  const table = new MemoryTable(TABLE_SCHEMAS.sources);
  await table.putMany([await itemOf([1, 2])]);
  const other = await itemOf([3, 4]);
  let isPutBack = false;
  const sources = tableOver(table, {
    commit: async (writes) => {
      if (!isPutBack) await table.putMany([other]);
      isPutBack = true;
      return await table.commit(writes);
    },
  });
  await write(sources, new DeadLetters(new MemoryTable(TABLE_SCHEMAS.deadLetters)));
  expect(isPutBack).toBe(true);
  const [stored] = await new SourceStates(table).load([SOURCE]);
  const { open, closed } = decodeChangedWindows(SOURCE, stored?.state ?? '');
  const [window] = [...closed, ...open];
  expect(window?.groups[0]?.metrics[0]?.min).toBe(3);
});
