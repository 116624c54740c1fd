import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type AggregateDeps, createAggregate } from '../../../consumers/aggregate/aggregate.ts';
import { MAX_REFUSALS } from '../../../consumers/aggregate/fold-and-commit.ts';
import type { ShardId } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeCounts } from '../../../src/core/state-encoding.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import type { MemoryTable } from '../../../src/stores/memory-table.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import type { Table } from '../../../src/stores/table.ts';
import { bytesOf, textOf } from '../../../src/stores/table.ts';
import { collect } from '../../support/collect.ts';
import { STREAM_ARN, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { shardsInMemory } from '../../support/shards-in-memory.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { down, tableOver } from '../../support/table-over.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'per-minute', window: { tumbling: '1m' } }],
});
const NOTHING_FAILED = { batchItemFailures: [] };

function setUp(over: { sources?: (table: MemoryTable) => Table; deadLetters?: Table } = {}) {
  const tables = new StoredTables();
  const observed = new Observed();
  const states = new SourceStates(tables.sources);
  const deps: AggregateDeps = {
    pipeline: PIPELINE,
    states: new SourceStates(over.sources?.(tables.sources) ?? tables.sources),
    deadLetters: new DeadLetters(over.deadLetters ?? tables.deadLetters),
    shards: shardsInMemory(),
    log: observed.log,
    meter: observed.meter,
    nowMs: () => 5_000,
  };
  const countsOf = async (source: string) => {
    const [stored] = await states.load([source]);
    return stored === undefined ? undefined : decodeCounts(source, stored.state);
  };
  const letters = new DeadLetters(tables.deadLetters);
  return { tables, observed, deps, states, letters, countsOf, aggregate: createAggregate(deps) };
}

const DOWN = { getMany: down, commit: down, putMany: down };

/** Records numbered from 1, each with the data given. */
function batch(...data: readonly unknown[]) {
  return batchAt(1_000, ...data);
}

function batchAt(arrivalMs: number, ...data: readonly unknown[]) {
  return {
    Records: data.map((each, at) => kinesisRecord({ data: each, sequence: sequenceOf(at + 1), arrivalMs })),
  };
}

const event = (source: string, time = 1_000, more: object = {}) => ({ source, time, ...more });
const failedAt = (number: number) => ({ batchItemFailures: [{ itemIdentifier: sequenceOf(number) }] });

describe('a source whose state cannot be read', () => {
  const spoil = async (states: SourceStates) =>
    await states.commit([
      { source: 'torn', expectedVersion: undefined, state: Uint8Array.of(99), closesAtMs: undefined },
    ]);

  it('has its events set aside, is held, and told of; all others go on', async () => {
    const { aggregate, states, countsOf, letters, observed } = setUp();
    await spoil(states);
    const both = [event('torn', 2_000), event('b', 2_000)];
    expect(await aggregate(batch(event('a'), event('torn'), both))).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ applied: 1 });
    expect(await countsOf('b')).toMatchObject({ applied: 1 });
    const [torn] = await states.load(['torn']);
    expect(torn).toMatchObject({
      version: 2,
      state: Uint8Array.of(99),
      held: { reason: 'state-unreadable', sinceMs: 5_000 },
    });
    expect((await letters.heldFor('torn', 10)).map(({ at, event: held }) => [at.index, held.time])).toEqual([
      [0, 1_000],
      [0, 2_000],
    ]);
    expect(observed.latest()).toMatchObject({ held: 2, heldSources: 1, failures: 0, imbalance: 0 });
    const errors = observed.lines.filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ message: expect.stringContaining('set aside') }]);
    const books = await readLedger(states, letters);
    expect(books).toMatchObject({ received: 2, applied: 2, held: 2, unreadableSources: 1, quarantined: 0 });
  });

  it('is set aside no further than its letters reach: what cannot be kept is delivered again', async () => {
    const { aggregate, states, deps } = setUp({
      deadLetters: tableOver(new StoredTables().deadLetters, DOWN),
    });
    await spoil(states);
    expect(await aggregate(batch(event('a'), event('torn')))).toEqual(failedAt(2));
    expect(await deps.states.load(['torn'])).toMatchObject([{ version: 1 }]);
  });

  it('is one without a version, and one without a state', async () => {
    const { aggregate, tables, letters } = setUp();
    await tables.sources.putMany([
      { source: { S: 'torn' }, state: { B: Uint8Array.of(3) } },
      { source: { S: 'bare' }, version: { N: '4' } },
    ]);
    expect(await aggregate(batch(event('torn'), event('bare'), event('a')))).toEqual(NOTHING_FAILED);
    expect(await letters.heldFor('torn', 10)).toHaveLength(1);
    expect(await letters.heldFor('bare', 10)).toHaveLength(1);
  });

  it('is also one whose state would be too large, as far as it has not been written', async () => {
    const { aggregate, states, letters, countsOf } = setUp({
      sources: (table) =>
        tableOver(table, {
          commit: async (writes) =>
            await Promise.all(
              writes.map(async (write) => {
                const [outcome = { kind: 'failed', reason: 'none' } as const] =
                  textOf(write.key, 'source') === 'large' && write.attributes['state'] !== undefined
                    ? [{ kind: 'failed', reason: 'item size', tooLarge: true } as const]
                    : await table.commit([write]);
                return outcome;
              }),
            ),
        }),
    });
    expect(await aggregate(batch(event('large'), event('a'), event('large')))).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ applied: 1 });
    expect(await states.load(['large'])).toMatchObject([{ held: { reason: 'state-too-large' } }]);
    expect(await letters.heldFor('large', 10)).toHaveLength(2);
  });
});

describe('a batch that unpacks to more than one invocation handles', () => {
  it('is handled in pieces, each event once', async () => {
    const { aggregate, observed, countsOf } = setUp();
    const packed = (id: number) =>
      zstdCompressSync(JSON.stringify(event('a', 1_000, { id })).padEnd(15 * 2 ** 20));
    const whole = batch(...[1, 2, 3, 4, 5, 6].map(packed));
    expect(await aggregate(whole)).toEqual(failedAt(5));
    expect(observed.sum('postponed')).toBe(2);
    expect(await countsOf('a')).toMatchObject({ received: 4 });
    expect(await aggregate({ Records: whole.Records.slice(4) })).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ received: 6, applied: 6 });
  });
});

describe('what is no event', () => {
  it('is kept with its coordinates, what was wrong, its payload and when it arrived', async () => {
    const { aggregate, letters } = setUp();
    const good = event('a');
    const bad = { source: 'a', time: 'noon', values: { t: 1 } };
    expect(await aggregate(batch(good, [good, bad, good], 'no JSON'))).toEqual(NOTHING_FAILED);
    expect(await collect(letters.list())).toEqual([
      {
        at: { shard: 'shardId-000000000000', sequence: sequenceOf(2), index: 1 },
        stream: STREAM_ARN,
        reason: 'time',
        detail: expect.stringMatching(/^time: found the text "noon", expected/),
        source: 'a',
        arrivalMs: 1_000,
        payload: { encoding: 'json', body: JSON.stringify(bad) },
      },
      {
        at: { shard: 'shardId-000000000000', sequence: sequenceOf(3), index: 0 },
        stream: STREAM_ARN,
        reason: 'not-json',
        detail: expect.stringContaining('no JSON'),
        source: undefined,
        arrivalMs: 1_000,
        payload: { encoding: 'utf8', body: 'no JSON' },
      },
    ]);
  });

  it('is counted, and the books balance', async () => {
    const { aggregate, states, letters, observed } = setUp();
    await aggregate(batch([event('a', 1_000, { id: 1 }), event('a', 1_000, { id: '1' })], 7, event('b')));
    const counts = { received: 4, applied: 2, duplicate: 1, late: 0, quarantined: 1 };
    expect(await readLedger(states, letters)).toMatchObject(counts);
    expect(observed.latest()).toMatchObject(counts);
  });

  it('fails at its own record while dead letters cannot be stored, and what is good is committed', async () => {
    const { aggregate, countsOf } = setUp({ deadLetters: tableOver(new StoredTables().deadLetters, DOWN) });
    expect(await aggregate(batch(event('a'), 'no JSON', event('b')))).toEqual(failedAt(2));
    expect(await countsOf('a')).toMatchObject({ applied: 1 });
    expect(await countsOf('b')).toMatchObject({ applied: 1 });
  });

  it('says nothing in the log of values that are set aside, which stand in the dead letters alone', async () => {
    const { aggregate, observed, countsOf, letters } = setUp();
    await aggregate(batch({ source: 'a', time: 1, values: { secret: 'token-123', t: 1 } }));
    expect(observed.lines).toEqual([]);
    expect(observed.latest()).toMatchObject({ applied: 1, quarantined: 0, setAside: 1, imbalance: 0 });
    expect(await countsOf('a')).toMatchObject({ received: 1, applied: 1 });
    expect(await collect(letters.list())).toMatchObject([{ reason: 'value-set-aside', source: 'a' }]);
  });

  it('leaves no payload in the log, which names coordinates and reasons', async () => {
    const { aggregate, observed } = setUp();
    await aggregate(batch({ source: 'a', time: 1, values: ['secret', 'token-123'] }));
    expect(observed.lines).toEqual([
      {
        level: 'warn',
        message: 'events quarantined',
        fields: {
          quarantined: 1,
          first: [{ shard: 'shardId-000000000000', sequence: sequenceOf(1), index: 0, reason: 'values' }],
        },
      },
    ]);
    expect(JSON.stringify(observed.lines)).not.toMatch(/secret|token/);
  });
});

describe('a batch', () => {
  it('may mix sources within a record: each gets its own events', async () => {
    const { aggregate, countsOf, observed } = setUp();
    await aggregate(batch([event('a'), event('b'), event('a')], [event('b'), event('c')]));
    expect(await Promise.all(['a', 'b', 'c'].map(countsOf))).toMatchObject([
      { received: 2 },
      { received: 2 },
      { received: 1 },
    ]);
    expect(observed.latest()).toMatchObject({ sources: 3, stateWrites: 3 });
  });

  it('costs no reads and one write a source once its states are warm', async () => {
    const { aggregate, observed } = setUp();
    for (let number = 1; number <= 5; number += 1) {
      const data = [event('a', number), event('b', number), event('a', number)];
      await aggregate({ Records: [kinesisRecord({ sequence: sequenceOf(number), data })] });
    }
    expect(observed.published.map(({ stateReads }) => stateReads)).toEqual([2, 0, 0, 0, 0]);
    expect(observed.sum('stateWrites')).toBe(10);
    expect(observed.sum('applied')).toBe(15);
  });

  it('that was all there writes nothing, warm or cold', async () => {
    const { aggregate, deps, observed, tables } = setUp();
    const records = batch(event('a'), [event('a'), event('b')]);
    await aggregate(records);
    for (const again of [aggregate, createAggregate(deps)]) {
      expect(await again(records)).toEqual(NOTHING_FAILED);
      expect(observed.latest()).toMatchObject({ stateWrites: 0, redelivered: 3, applied: 0 });
    }
    expect(tables.changes.sources).toHaveLength(2);
  });

  it('with more to send downstream than one write may carry takes several, and goes on where it stopped', async () => {
    const { aggregate, deps, countsOf, observed, tables } = setUp();
    const tags = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`t${at}`, 'x'.repeat(256)]));
    const late = Array.from({ length: 100 }, () => event('a', 1_000, { tags }));
    const records = batchAt(200_000, event('a', 200_000), late);
    expect(await aggregate(records)).toEqual(NOTHING_FAILED);
    expect(observed.latest()).toMatchObject({ received: 101, applied: 1, late: 100, redelivered: 0 });
    expect(observed.latest()['stateWrites']).toBeGreaterThan(2);
    expect(await countsOf('a')).toEqual({
      received: 101,
      applied: 1,
      duplicate: 0,
      late: 100,
      quarantined: 0,
    });
    for (const { newImage } of tables.changes.sources) {
      expect(bytesOf(newImage ?? {}, 'state')?.length).toBeLessThan(400_000);
    }
    await createAggregate(deps)(records);
    expect(observed.latest()).toMatchObject({ stateWrites: 0, redelivered: 101 });
  });
});

describe('what cannot be committed', () => {
  it('is reported at the first event of its source alone; the others are committed', async () => {
    const { aggregate, countsOf, observed } = setUp({
      sources: (table) =>
        tableOver(table, {
          commit: async (writes) =>
            await Promise.all(
              writes.map(async (write) => {
                if (textOf(write.key, 'source') === 'b')
                  return { kind: 'failed' as const, reason: 'throttled' };
                const [outcome] = await table.commit([write]);
                return outcome ?? { kind: 'failed' as const, reason: 'none' };
              }),
            ),
        }),
    });
    expect(await aggregate(batch(event('a'), [event('c'), event('b')], event('b'), event('a')))).toEqual(
      failedAt(2),
    );
    expect(await countsOf('a')).toMatchObject({ applied: 2 });
    expect(await countsOf('b')).toBeUndefined();
    expect(observed.latest()).toMatchObject({ applied: 3, failures: 1 });
    expect(observed.lines.slice(-1)).toMatchObject([
      { level: 'error', fields: { first: [{ source: 'b', reason: 'throttled', sequence: sequenceOf(2) }] } },
    ]);
  });

  it('is everything where the table cannot be reached: reported, not thrown', async () => {
    const { aggregate } = setUp({ sources: (table) => tableOver(table, { commit: down }) });
    expect(await aggregate(batch('no JSON', event('a'), event('b')))).toEqual(failedAt(2));
  });

  it('is what cannot be loaded; sources in the cache go on', async () => {
    let isDown = false;
    const { aggregate, countsOf } = setUp({
      sources: (table) =>
        tableOver(table, { getMany: async (keys) => (isDown ? await down() : await table.getMany(keys)) }),
    });
    await aggregate(batch(event('warm')));
    isDown = true;
    const records = batch(null, event('warm'), event('cold'), event('colder')).Records.slice(1);
    expect(await aggregate({ Records: records })).toEqual(failedAt(3));
    expect(await countsOf('warm')).toMatchObject({ applied: 2 });
  });

  it('is a source whose write is refused again and again, a bounded number of times', async () => {
    let writes = 0;
    const { aggregate, observed } = setUp({
      sources: (table) =>
        tableOver(table, {
          commit: async ([write]) => {
            writes += 1;
            const [stored] = write === undefined ? [] : await table.getMany([write.key]);
            return [{ kind: 'refused', stored }];
          },
        }),
    });
    expect(await aggregate(batch(event('a')))).toEqual(failedAt(1));
    expect(writes).toBe(MAX_REFUSALS + 1);
    expect(observed.latest()).toMatchObject({ stateRefusals: MAX_REFUSALS, failures: 1, applied: 0 });
  });

  it('is done by the next delivery, from what is stored and not from what was not', async () => {
    let isDown = false;
    const { aggregate, countsOf } = setUp({
      sources: (table) =>
        tableOver(table, { commit: async (writes) => (isDown ? await down() : await table.commit(writes)) }),
    });
    await aggregate(batch(event('a')));
    isDown = true;
    const next = { Records: batch(null, event('a', 2_000)).Records.slice(1) };
    expect(await aggregate(next)).toEqual(failedAt(2));
    isDown = false;
    expect(await aggregate(next)).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ received: 2, applied: 2 });
  });
});

describe('a deployment between two deliveries of a batch', () => {
  const skewed = (maxClockSkew: string) =>
    parsePipeline({ aggregations: [{ name: 'per-minute', window: { tumbling: '1m' } }], maxClockSkew });
  const records = batchAt(10_000, event('b', 10_000), event('a', 10_000), event('a', 400_000));

  it.each([
    ['5m', '10m'],
    ['10m', '5m'],
  ])('that changes maxClockSkew from %s to %s gives each event one verdict', async (before, after) => {
    const failing = new Set(['b']);
    const { deps, states, tables } = setUp({
      sources: (table) =>
        tableOver(table, {
          commit: async (writes) => {
            const done = writes.filter(({ key }) => !failing.has(textOf(key, 'source') ?? ''));
            const outcomes = await table.commit(done);
            return writes.map(
              (write) => outcomes[done.indexOf(write)] ?? { kind: 'failed', reason: 'throttled' },
            );
          },
        }),
    });
    await createAggregate({ ...deps, pipeline: skewed(before) })(records);
    failing.clear();
    await createAggregate({ ...deps, pipeline: skewed(after) })(records);
    const ledger = await readLedger(states, new DeadLetters(tables.deadLetters));
    const applied = before === '10m' ? 3 : 2;
    expect(ledger).toMatchObject({ received: 3, applied, quarantined: 3 - applied });
  });
});

describe('positions', () => {
  const eachShard = (count: number, data: unknown) =>
    Array.from({ length: count }, (_, at) => {
      const shard = `shardId-${String(at).padStart(12, '0')}` as ShardId;
      return { Records: [kinesisRecord({ data, shard, sequence: sequenceOf(at) })] };
    });

  it('are kept of every shard: redelivered through any of twelve an event counts once', async () => {
    const { aggregate, countsOf, observed } = setUp();
    const batches = eachShard(12, event('a'));
    for (const each of [...batches, ...batches, ...batches.toReversed()])
      expect(await aggregate(each)).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ received: 12, applied: 12 });
    expect(observed.lines).toEqual([]);
  });

  it('are of their stream: another one of the same shards and lower numbers brings new events', async () => {
    const { aggregate, countsOf } = setUp();
    const [record] = batch(event('a')).Records;
    if (record === undefined) throw new Error('no record');
    const green = { ...record, eventSourceARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/green' };
    for (const each of [record, green, record, green]) await aggregate({ Records: [each] });
    expect(await countsOf('a')).toMatchObject({ received: 2, applied: 2 });
  });

  it('cost more where keys are not sources, which is counted and told once', async () => {
    const { aggregate, observed, states, letters } = setUp();
    const astray = eachShard(3, [event('a'), event('b')]).flatMap(({ Records }) => Records);
    for (const record of astray) {
      const kinesis = { ...record.kinesis, partitionKey: 'a' };
      await aggregate({ Records: [{ ...record, kinesis }] });
      await aggregate({ Records: [{ ...record, kinesis }] });
    }
    expect(observed.published.map(({ strays }) => strays)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(observed.lines.map(({ message }) => message)).toEqual([
      'partition keys are not sources: a source that comes through many shards costs more writes',
    ]);
    expect(await readLedger(states, letters)).toMatchObject({ received: 6, applied: 6, strays: 3 });
  });
});

describe('ids that are texts, ten a second', () => {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'per-minute', window: { tumbling: '1m' }, allowedLateness: '1h' }],
    dedupe: { horizon: '10m' },
  });
  const START_MS = Date.UTC(2026, 0, 1);
  const uuid = (at: number) => `3d6f0a70-1111-4000-8000-${String(at).padStart(12, '0')}`;
  const reading = (at: number) => event('a', START_MS + at * 100, { id: uuid(at), values: { v: at } });
  const second = (at: number, sequence: number) => ({
    Records: [
      kinesisRecord({
        data: Array.from({ length: 10 }, (_, n) => reading(at * 10 + n)),
        sequence: sequenceOf(sequence),
        arrivalMs: START_MS + 3_600_000,
      }),
    ],
  });

  it('fill nothing up, and are known for as long as their windows are open, in whatever container', async () => {
    const { deps, observed, countsOf, tables } = setUp();
    let aggregate = createAggregate({ ...deps, pipeline });
    const seconds = 1_500;
    for (let at = 0; at < seconds; at += 1) expect(await aggregate(second(at, at))).toEqual(NOTHING_FAILED);
    expect(await countsOf('a')).toMatchObject({ received: seconds * 10, applied: seconds * 10 });
    const bytesWritten = (from: number) =>
      tables.changes.sources.slice(from).map(({ newImage = {} }) => {
        return (bytesOf(newImage, 'state')?.length ?? 0) + (bytesOf(newImage, 'page')?.length ?? 0);
      });
    const sizes = bytesWritten(0);
    expect(Math.max(...sizes)).toBeLessThan(4_000);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0) / seconds).toBeLessThan(4_000);

    // The very first and some in the middle again, long after the horizon: read from pages, by a warm container and by a cold one.
    for (const [turn, at] of [0, 700, 3, 1_499].entries()) {
      if (turn === 2) aggregate = createAggregate({ ...deps, pipeline });
      expect(await aggregate(second(at, seconds + turn))).toEqual(NOTHING_FAILED);
      expect(observed.latest()).toMatchObject({ applied: 0, duplicate: 10 });
    }
    expect(await countsOf('a')).toMatchObject({ applied: seconds * 10, duplicate: 40, quarantined: 0 });
    const [stored] = await deps.states.load(['a']);
    expect((await deps.states.page({ limit: 1_000 })).states).toEqual([stored]);
    expect(await collect(deps.states.scan())).toEqual([stored]);
  });

  it('stay at hand also where a container has room for states as bytes alone', async () => {
    const { deps, observed } = setUp();
    const aggregate = createAggregate({ ...deps, pipeline, memoryMb: 0.3 });
    for (let at = 0; at < 300; at += 1) await aggregate(second(at, at));
    await aggregate(second(100, 300));
    expect(observed.latest()).toMatchObject({ duplicate: 10, stateReads: 0, pageReads: 0 });
  });

  it('go with the state that lets go of them, or not at all', async () => {
    const { deps, countsOf } = setUp({
      sources: (table) => {
        let turn = 0;
        return tableOver(table, {
          commit: async (writes) => {
            turn += 1;
            if (turn % 5 === 1) return writes.map(() => ({ kind: 'failed', reason: 'throttled' }));
            const outcomes = await table.commit(writes);
            return turn % 5 === 3
              ? writes.map(() => ({ kind: 'failed', reason: 'the answer was lost' }))
              : outcomes;
          },
        });
      },
    });
    const containers = [0, 1].map(() => createAggregate({ ...deps, pipeline }));
    for (let at = 0; at < 200; at += 1) {
      for (let tries = 0; tries < 10; tries += 1) {
        const answer = await containers[(at + tries) % 2]?.(second(at, at));
        if (answer?.batchItemFailures.length === 0) break;
      }
    }
    for (let at = 0; at < 200; at += 1) {
      for (let tries = 0; tries < 10; tries += 1) {
        const answer = await containers[(at + tries) % 2]?.(second(at, 1_000 + at));
        if (answer?.batchItemFailures.length === 0) break;
      }
    }
    expect(await countsOf('a')).toMatchObject({ received: 4_000, applied: 2_000, duplicate: 2_000 });
  });
});

describe('a write refused', () => {
  it('is folded again on what is stored: what another container folded meanwhile counts once', async () => {
    const { deps, countsOf, observed } = setUp();
    const [one, other] = [createAggregate(deps), createAggregate(deps)];
    const records = batch(event('a'), event('a'), event('a'));
    await one({ Records: records.Records.slice(0, 1) });
    await other({ Records: records.Records.slice(0, 2) });
    expect(await one(records)).toEqual(NOTHING_FAILED);
    expect(observed.latest()).toMatchObject({ stateRefusals: 1, redelivered: 2, applied: 1 });
    expect(await countsOf('a')).toEqual({ received: 3, applied: 3, duplicate: 0, late: 0, quarantined: 0 });
  });
});

describe('the lag', () => {
  it('is the time since the last record arrived', async () => {
    const { aggregate, observed } = setUp();
    await aggregate({
      Records: [1_000, 3_500].map((arrivalMs, at) =>
        kinesisRecord({ data: event('a'), arrivalMs, sequence: sequenceOf(at) }),
      ),
    });
    expect(observed.latest()['lagMs']).toBe(1_500);
  });
});

describe('a record without a shard', () => {
  it('is a mistake of whoever calls, and says so', async () => {
    const { aggregate } = setUp();
    const record = { ...kinesisRecord({ data: event('a') }), eventID: 'nonsense' };
    await expect(aggregate({ Records: [record] })).rejects.toThrow(
      'record eventID: found "nonsense", expected shardId:sequenceNumber',
    );
  });
});
