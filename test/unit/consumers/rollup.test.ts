import { describe, expect, it } from 'vitest';
import { createRollup } from '../../../consumers/rollup/rollup.ts';
import { closeAll } from '../../../src/core/close-windows.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { DEFAULT_PARTS } from '../../../src/core/pipeline/read-rollup.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { bucketOf } from '../../../src/core/spread.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';
import { summarizeStored } from '../../../src/core/stored-window.ts';
import { PRIMER_KEY } from '../../../src/platform/names.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import type { TableChange } from '../../../src/stores/memory-table.ts';
import { RollupBeginnings } from '../../../src/stores/rollup-beginnings.ts';
import {
  bytes,
  bytesOf,
  type Item,
  number,
  type Table,
  text,
  textOf,
  type VersionedWrite,
} from '../../../src/stores/table.ts';
import { Windows } from '../../../src/stores/windows.ts';
import type { DynamoDbEventRecord } from '../../../src/wire/stream-records.ts';
import { changeRecord } from '../../support/change-records.ts';
import { collect } from '../../support/collect.ts';
import { SHARD, STREAM_ARN, sequenceOf } from '../../support/event-streams.ts';
import { Observed } from '../../support/observed.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { down, tableOver } from '../../support/table-over.ts';

const MINUTE = 60_000;
const PIPELINE = parsePipeline({
  aggregations: [{ name: 'per-minute', window: { tumbling: '1m' } }],
  rollups: [{ name: 'by-site', of: 'per-minute', by: ['site'] }],
  retention: '1h',
});
const NOTHING_FAILED = { batchItemFailures: [] };
const SITE_N = rollupSeries('by-site', ['n']);

interface Over {
  readonly windows?: (table: Table) => Table;
  readonly deadLetters?: (table: Table) => Table;
  readonly partCapacity?: number;
}

function setUp(over: Over = {}, tables = new StoredTables()) {
  const observed = new Observed();
  const rollup = createRollup({
    pipeline: PIPELINE,
    beginnings: new RollupBeginnings(tables.windows),
    windows: new Windows(over.windows?.(tables.windows) ?? tables.windows),
    deadLetters: new DeadLetters(over.deadLetters?.(tables.deadLetters) ?? tables.deadLetters),
    log: observed.log,
    meter: observed.meter,
    nowMs: () => 2 * MINUTE + 3_000,
    ...(over.partCapacity === undefined ? {} : { partCapacity: over.partCapacity }),
  });
  const listed = async (series: string) =>
    (await collect(new Windows(tables.windows).list(series))).map(summarizeStored);
  return { rollup, observed, tables, listed, letters: new DeadLetters(tables.deadLetters) };
}

/** The changelog of one source that sends an event of `v: 1` a batch at each of these times. */
function changesOf(
  source: string,
  times: readonly number[],
  from = 1,
  arrivalMs = 7_000,
): DynamoDbEventRecord[] {
  let image: Item | undefined;
  return times.map((time, at) => {
    const state =
      image === undefined
        ? emptySourceState(source, PIPELINE)
        : decodeState(source, bytesOf(image, 'state') ?? '', PIPELINE);
    const event = { source, id: undefined, type: 'reading', time, values: { v: 1 }, tags: { site: 'n' } };
    const sequences = [sequenceOf(at + 1)];
    const batch = {
      stream: STREAM_ARN,
      strays: undefined,
      shard: SHARD,
      events: [event],
      sequences,
      indexes: [0],
      arrivalsMs: [Math.max(arrivalMs, time)],
    };
    const folded = foldEvents(state, batch, PIPELINE);
    const newImage = {
      source: text(source),
      version: number(at + 1),
      state: bytes(encodeState(folded.state)),
    };
    const change: TableChange = {
      eventName: image === undefined ? 'INSERT' : 'MODIFY',
      keys: { source: text(source) },
      oldImage: image,
      newImage,
    };
    image = newImage;
    return changeRecord(change, sequenceOf(from + at));
  });
}

const failedAt = (at: number) => ({ batchItemFailures: [{ itemIdentifier: sequenceOf(at) }] });

describe('a closed window', () => {
  it('is stored once, final, for as long as the retention says', async () => {
    const { rollup, listed, tables, observed } = setUp();
    const Records = changesOf('a', [0, 1_000, 2 * MINUTE]);
    for (let turn = 0; turn < 3; turn += 1) expect(await rollup({ Records })).toEqual(NOTHING_FAILED);
    expect(await listed(sourceSeries('per-minute', 'a'))).toMatchObject([
      { start: 0, end: MINUTE, final: true, events: 2 },
    ]);
    const stored = tables.changes.windows.filter(({ keys }) => textOf(keys, 'series')?.startsWith('source|'));
    expect(stored.map(({ eventName }) => eventName)).toEqual(['INSERT']);
    expect(stored[0]?.newImage?.['expiresAt']).toEqual(number((2 * MINUTE + 3_600_000) / 1_000));
    expect(observed.published[0]).toMatchObject({ changes: 3, closedWindows: 1, records: 3, lagMs: 3_000 });
  });

  it('says how long ago its events arrived, and what silence has closed says nothing of that', async () => {
    const { rollup, observed } = setUp();
    const keys = { source: text('a') };
    const [arrived] = changesOf('a', [0]);
    if (arrived === undefined) throw new Error('one change');
    const state = decodeState(
      'a',
      Buffer.from(arrived.dynamodb.NewImage?.['state']?.B ?? '', 'base64'),
      PIPELINE,
    );
    const before = { ...keys, version: number(1), state: bytes(encodeState(state)) };
    expect(closeAll(state)).toBe(true);
    const after = { ...keys, version: number(2), state: bytes(encodeState(state)) };
    const closing = { eventName: 'MODIFY', keys, oldImage: before, newImage: after } as const;
    const silence = changeRecord(closing, sequenceOf(2));
    await rollup({ Records: [arrived, silence] });
    expect(observed.latest()).toMatchObject({ changes: 2, lagMs: 2 * MINUTE + 3_000 - 7_000 });
    await rollup({ Records: [silence] });
    expect(observed.latest()).toMatchObject({ changes: 1, closedWindows: 1 });
    expect(observed.latest()).not.toHaveProperty('lagMs');
  });

  it('fails at its own change while windows cannot be stored', async () => {
    const isClosed = ({ key }: VersionedWrite) => textOf(key, 'series')?.startsWith('source|') === true;
    const { rollup } = setUp({
      windows: (table) =>
        tableOver(table, {
          commit: (writes) => (writes.some(isClosed) ? down() : table.commit(writes)),
        }),
    });
    expect(await rollup({ Records: changesOf('a', [0, 1_000, 2 * MINUTE, 2 * MINUTE]) })).toEqual(
      failedAt(3),
    );
  });
});

describe('a late event', () => {
  it('becomes a dead letter that says when it was and how far its source had come', async () => {
    const { rollup, letters } = setUp();
    const Records = changesOf('a', [10 * MINUTE, 1_000]);
    await rollup({ Records });
    await rollup({ Records });
    const [letter, ...others] = await collect(letters.list());
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      at: { shard: SHARD, sequence: sequenceOf(2), index: 0 },
      reason: 'late',
      source: 'a',
      arrivalMs: 7_000,
    });
    expect(letter?.detail).toContain('1970-01-01T00:00:01.000Z');
    expect(letter?.detail).toContain('1970-01-01T00:10:00.000Z');
    expect(JSON.parse(letter?.payload.body ?? '')).toMatchObject({
      source: 'a',
      time: 1_000,
      values: { v: 1 },
    });
  });

  it('fails at its own change while dead letters cannot be stored; windows and rollups go on', async () => {
    const { rollup, listed } = setUp({ deadLetters: (table) => tableOver(table, { putMany: down }) });
    expect(await rollup({ Records: changesOf('a', [10 * MINUTE, 1_000, 11 * MINUTE]) })).toEqual(failedAt(2));
    expect(await listed(SITE_N)).toHaveLength(2);
    expect(await listed(sourceSeries('per-minute', 'a'))).toHaveLength(1);
  });
});

describe('changes that are none', () => {
  it.each<[string, (record: DynamoDbEventRecord) => DynamoDbEventRecord]>([
    [
      'a removal by TTL',
      (record) => ({
        ...removed(record),
        userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      }),
    ],
    [
      'an item written and removed to begin the stream',
      ({ dynamodb: { OldImage: _, ...rest }, ...record }) => ({
        ...record,
        dynamodb: { ...rest, Keys: { source: { S: PRIMER_KEY } }, NewImage: { source: { S: PRIMER_KEY } } },
      }),
    ],
    [
      'a change beside the state',
      (record) => ({
        ...record,
        dynamodb: {
          ...record.dynamodb,
          OldImage: record.dynamodb.NewImage ?? {},
          NewImage: { ...record.dynamodb.NewImage, expiresAt: { N: '1' } },
        },
      }),
    ],
  ])('%s is passed over', async (_, change) => {
    const { rollup, tables, observed } = setUp();
    const Records = changesOf('a', [0, 2 * MINUTE])
      .slice(1)
      .map(change);
    expect(await rollup({ Records })).toEqual(NOTHING_FAILED);
    expect(tables.changes.windows).toEqual([]);
    expect(tables.changes.deadLetters).toEqual([]);
    expect(observed.latest()).toMatchObject({ records: 1, changes: 0 });
    expect(observed.latest()).not.toHaveProperty('lagMs');
  });

  it('a state without a version, and one that cannot be read, are told of, and keep nobody waiting', async () => {
    const { rollup, tables, letters, observed } = setUp();
    const [record] = changesOf('a', [0]);
    if (record === undefined) throw new Error('one change');
    const { version: _, ...unversioned } = record.dynamodb.NewImage ?? {};
    const torn = { ...record.dynamodb.NewImage, state: { B: Buffer.from([99]).toString('base64') } };
    const broken = [unversioned, torn].map((NewImage, at) => ({
      ...record,
      dynamodb: { ...record.dynamodb, NewImage, SequenceNumber: sequenceOf(500 + at) },
    }));
    expect(await rollup({ Records: [...broken, ...changesOf('b', [2_000], 10)] })).toEqual({
      batchItemFailures: [],
    });
    expect(observed.latest()).toMatchObject({ unreadableChanges: 2, failures: 0 });
    expect((await collect(letters.list())).map(({ reason, source }) => [reason, source])).toEqual([
      ['change-unreadable', 'a'],
      ['change-unreadable', 'a'],
    ]);
    expect(await collect(tables.windows.scan())).not.toEqual([]);
  });
});

describe('what is missing in a rollup window', () => {
  it('is what comes for a part that cannot be read: it is told of once, and all else goes on', async () => {
    const { rollup, tables } = setUp();
    const changes = changesOf('a', [0, 1_000, 2_000]);
    await rollup({ Records: changes.slice(0, 1) });
    for (const item of await collect(tables.windows.scan())) {
      const isPart = textOf(item, 'window')?.includes('#') === true;
      if (isPart) await tables.windows.putMany([{ ...item, state: { B: Uint8Array.of(99) } }]);
    }
    const { rollup: another, observed, letters } = setUp({}, tables);
    for (const record of changes.slice(1)) {
      expect(await another({ Records: [record] })).toEqual({ batchItemFailures: [] });
    }
    expect(observed.latest()).toMatchObject({ failures: 0, rollupFull: 0 });
    expect(observed.latest()['rollupUnreadable']).toBeGreaterThan(0);
    const reasons = (await collect(letters.list())).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['rollup-unreadable']));
    expect(reasons).toHaveLength(observed.latest()['rollupUnreadable'] ?? 0);
    expect(await letters.count()).toMatchObject({ quarantined: 0, missing: reasons.length });
  });

  it('is what a change brought that cannot be read: windows open then are never final, later ones are', async () => {
    const { rollup, listed } = setUp();
    const [first, second] = changesOf('a', [0, 1_000]);
    if (first === undefined || second === undefined) throw new Error('two changes');
    const torn = { B: Buffer.from([99]).toString('base64') };
    const spoilt = { ...second.dynamodb, NewImage: { ...second.dynamodb.NewImage, state: torn } };
    await rollup({ Records: [first, { ...second, dynamodb: spoilt }] });
    const closing = changesOf('a', [0, 1_000, 2_000, 3 * MINUTE, 9 * MINUTE]).slice(2);
    const [mended, ...later] = closing;
    if (mended === undefined) throw new Error('it is mended by a change');
    const from = { ...mended.dynamodb, OldImage: { ...mended.dynamodb.OldImage, state: torn } };
    await rollup({ Records: [{ ...mended, dynamodb: from }, ...later] });
    const windows = await listed(SITE_N);
    expect(windows.map(({ start, final }) => [start, final])).toEqual(
      windows.map(({ start }) => [start, start === 3 * MINUTE]),
    );
    expect(windows.map(({ start }) => start)).toEqual(expect.arrayContaining([0, 3 * MINUTE]));
  });
});

describe('a rollup window', () => {
  it('sums up its sources, however often their changes come', async () => {
    const { rollup, listed } = setUp();
    const Records = [...changesOf('a', [0, 1_000]), ...changesOf('b', [2_000], 10)];
    for (let turn = 0; turn < 3; turn += 1) await rollup({ Records });
    expect(await listed(SITE_N)).toMatchObject([{ start: 0, end: MINUTE, events: 3, final: false }]);
    const [window] = await listed(SITE_N);
    expect(window?.metrics.get('v')).toEqual({ count: 3, sum: 3, min: 1, max: 1, mean: 1 });
  });

  it('is final when every source in it has closed its own window, which needs no new event in it', async () => {
    const { rollup, listed } = setUp();
    const [a1, a2] = changesOf('a', [0, 2 * MINUTE]);
    const [b1, b2] = changesOf('b', [1_000, 2 * MINUTE], 10);
    const steps = [];
    for (const record of [a1, b1, a2, b2]) {
      await rollup({ Records: record === undefined ? [] : [record] });
      steps.push((await listed(SITE_N)).map(({ start, events, final }) => [start, events, final]));
    }
    expect(steps).toEqual([
      [[0, 1, false]],
      [[0, 2, false]],
      [
        [0, 2, false],
        [2 * MINUTE, 1, false],
      ],
      [
        [0, 2, true],
        [2 * MINUTE, 2, false],
      ],
    ]);
  });

  it('is provisional again when a source shows up later, and final once that has closed too', async () => {
    const { rollup, listed } = setUp();
    await rollup({ Records: changesOf('a', [0, 2 * MINUTE]) });
    const finalAt0 = async () => (await listed(SITE_N)).find(({ start }) => start === 0)?.final;
    expect(await finalAt0()).toBe(true);
    const [c1, c2] = changesOf('c', [5, 2 * MINUTE], 10);
    await rollup({ Records: c1 === undefined ? [] : [c1] });
    expect(await finalAt0()).toBe(false);
    await rollup({ Records: c2 === undefined ? [] : [c2] });
    expect(await finalAt0()).toBe(true);
    await rollup({ Records: [...changesOf('a', [0, 2 * MINUTE]), ...changesOf('c', [5, 2 * MINUTE], 10)] });
    expect(await finalAt0()).toBe(true);
  });

  it('that is younger than the windows of its sources holds the whole of those that are open', async () => {
    const { rollup, listed } = setUp();
    const [, , third, closing] = changesOf('a', [0, 1, 2, 2 * MINUTE]);
    await rollup({ Records: third === undefined ? [] : [third] });
    expect(await listed(SITE_N)).toMatchObject([{ start: 0, events: 3, final: false }]);
    await rollup({ Records: closing === undefined ? [] : [closing] });
    const whole = [
      { start: 0, events: 3, final: true },
      { start: 2 * MINUTE, events: 1 },
    ];
    expect(await listed(SITE_N)).toMatchObject(whole);
    await rollup({ Records: changesOf('a', [0, 1, 2, 2 * MINUTE]) });
    expect(await listed(SITE_N)).toMatchObject(whole);
  });

  it('holds the whole window of a source also where its closing is the first that it hears of it', async () => {
    const { rollup, listed } = setUp();
    const [, , closing] = changesOf('a', [0, 1, 2 * MINUTE]);
    await rollup({ Records: closing === undefined ? [] : [closing] });
    expect((await listed(SITE_N)).map(({ start, events, final }) => [start, events, final])).toEqual([
      [0, 2, true],
      [2 * MINUTE, 1, false],
    ]);
  });

  it('that had expired when more came for it is never final', async () => {
    const { rollup, listed } = setUp();
    await rollup({ Records: changesOf('a', [0, 2 * MINUTE], 1, 600 * MINUTE) });
    expect((await listed(SITE_N)).map(({ start, final }) => [start, final])).toEqual([
      [0, false],
      [2 * MINUTE, false],
    ]);
  });

  it('branches where more sources feed it than a part takes, and loses and doubles none', async () => {
    const { rollup, listed, tables, observed } = setUp({ partCapacity: 3 });
    const names = Array.from({ length: 200 }, (_, at) => `a source with a long name, number ${at}`);
    const feeds = names.map((name, at) => changesOf(name, [0, 1, 2 * MINUTE], 3 * at));
    const wave = (from: number, to: number) => feeds.flatMap((changes) => changes.slice(from, to));
    await rollup({ Records: wave(0, 1) });
    await rollup({ Records: wave(1, 2) });
    expect(observed.latest()).toMatchObject({ partRefusals: 0, failures: 0 });
    await rollup({ Records: wave(0, 2) });
    expect(await listed(SITE_N)).toMatchObject([{ start: 0, events: 400, final: false }]);
    await setUp({ partCapacity: 50 }, tables).rollup({ Records: wave(1, 3) });
    expect((await listed(SITE_N))[0]).toMatchObject({ start: 0, events: 400, final: true });
    for await (const { marks } of new Windows(tables.windows).scan())
      expect(marks.size).toBeLessThanOrEqual(50);
  });

  it('costs one write for each part in a batch, and no read once the part is warm', async () => {
    const { rollup, observed } = setUp();
    const records = changesOf('a', [0, 1, 2, 3, 4, 5]);
    await rollup({ Records: records.slice(0, 3) });
    await rollup({ Records: records.slice(3) });
    await rollup({ Records: records });
    expect(observed.published).toMatchObject([
      // One read of the part, and one of how the window is spread.
      { partReads: 2, partWrites: 1 },
      { partReads: 0, partWrites: 1 },
      // What a warm part says is in it already is looked at once more: another container may have written the part since.
      { partReads: 1, partWrites: 0 },
    ]);
  });

  it('reports the lowest change of a part that failed; other parts are committed', async () => {
    expect(partOf('a')).not.toBe(partOf('b'));
    const { rollup, listed, observed } = setUp({
      windows: (table) =>
        tableOver(table, {
          commit: async (writes) =>
            await Promise.all(
              writes.map(async (write) => {
                const failed = { kind: 'failed' as const, reason: 'throttled' };
                if (textOf(write.key, 'window')?.endsWith(partText('a'))) return failed;
                const [outcome] = await table.commit([write]);
                return outcome ?? failed;
              }),
            ),
        }),
    });
    const Records = [...changesOf('b', [0], 1), ...changesOf('a', [0, 1], 2), ...changesOf('b', [0], 4)];
    expect(await rollup({ Records })).toEqual(failedAt(2));
    expect(await listed(SITE_N)).toMatchObject([{ events: 1 }]);
    expect(observed.lines).toMatchObject([{ level: 'error', message: 'changes not wholly folded' }]);
  });

  it('fails at its first contributing change where parts cannot be loaded or written at all', async () => {
    for (const changed of [{ getMany: down }, { commit: down }]) {
      const { rollup } = setUp({ windows: (table) => tableOver(table, changed) });
      expect(await rollup({ Records: changesOf('a', [0, 1], 5) })).toEqual(failedAt(5));
    }
  });

  it('is folded again where another container wrote its part meanwhile', async () => {
    expect(partOf('q')).toBe(partOf('a'));
    const tables = new StoredTables();
    const [one, other] = [setUp({}, tables), setUp({}, tables)];
    const [a1, a2] = changesOf('a', [0, 1]);
    await one.rollup({ Records: a1 === undefined ? [] : [a1] });
    await other.rollup({ Records: changesOf('q', [0, 1, 2], 10) });
    expect(await one.rollup({ Records: a2 === undefined ? [] : [a2] })).toEqual(NOTHING_FAILED);
    expect(one.observed.latest()).toMatchObject({ partRefusals: 1, failures: 0 });
    expect(await one.listed(SITE_N)).toMatchObject([{ events: 5 }]);
  });

  it('is given up where it is refused again and again, at its lowest change', async () => {
    let writes = 0;
    const { rollup, observed } = setUp({
      windows: (table) =>
        tableOver(table, {
          commit: async (asked) => {
            if (asked.some(({ attributes }) => attributes['parts'] !== undefined))
              return await table.commit(asked);
            writes += 1;
            return [{ kind: 'refused', stored: undefined }];
          },
        }),
    });
    expect(await rollup({ Records: changesOf('a', [0, 1], 5) })).toEqual(failedAt(5));
    expect(writes).toBe(11);
    expect(observed.latest()).toMatchObject({ partRefusals: 10, failures: 2 });
  });
});

function removed({ dynamodb: { NewImage, ...rest }, ...record }: DynamoDbEventRecord): DynamoDbEventRecord {
  const OldImage = NewImage ?? {};
  return { ...record, eventName: 'REMOVE', dynamodb: { ...rest, OldImage } };
}

function partOf(source: string): number {
  return bucketOf(source, DEFAULT_PARTS);
}

function partText(source: string): string {
  return `#${String(partOf(source)).padStart(3, '0')}`;
}
