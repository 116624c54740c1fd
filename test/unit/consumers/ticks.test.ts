// Silence by what has been read: the closer's ticks, how far aggregate has come, and who judges by it.
import { describe, expect, it } from 'vitest';
import { resumeSource } from '../../../consumers/aggregate/resume-source.ts';
import type { SequenceNumber } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { TICK_DATA } from '../../../src/wire/tick.ts';
import { collect } from '../../support/collect.ts';
import { LaggingSystem } from '../../support/lagging-system.ts';
import { down, tableOver } from '../../support/table-over.ts';

const MINUTE = 60_000;
const PER_MINUTE = { aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }] };
const FIRST = 'shardId-000000000000';

/** A quarter of an hour of a device that sends each second; the closer runs each minute, and aggregate when it is said to. */
async function quarterHour(system: LaggingSystem, isReading: (second: number) => boolean): Promise<void> {
  for (let second = 0; second < 900; second += 1) {
    system.put('dev');
    if (isReading(second)) await system.aggregate();
    if (second % 60 === 59) await system.close();
    system.nowMs += 1_000;
  }
  await system.aggregate();
}

describe('a consumer that lags', () => {
  it('makes no event late: all that is on time in the stream is applied, whatever the closer does meanwhile', async () => {
    const [lagging, prompt] = [new LaggingSystem(PER_MINUTE), new LaggingSystem(PER_MINUTE)];
    await quarterHour(lagging, (second) => second === 29);
    await quarterHour(prompt, (second) => second % 10 === 0);
    expect(await lagging.ledger()).toEqual({ received: 900, applied: 900, late: 0 });
    expect(await lagging.ledger()).toEqual(await prompt.ledger());
  });

  it('raises no alert on the silence of those who go on sending', async () => {
    const system = new LaggingSystem({
      ...PER_MINUTE,
      alerts: [{ name: 'silent', when: { absent: '5m' } }],
    });
    for (let device = 0; device < 50; device += 1) system.put(`dev-${device}`);
    await system.close();
    await system.aggregate();
    await system.close();
    await system.watch();
    for (let minute = 0; minute < 60; minute += 1) {
      system.nowMs += MINUTE;
      for (let device = 1; device < 50; device += 1) system.put(`dev-${device}`);
      await system.close();
      expect(await system.watch()).toMatchObject({ transitions: 0 });
    }
    // Read at last: the one that was silent is told of.
    await system.aggregate();
    await system.close();
    await system.watch();
    const firing = (await collect(system.alerts.scan())).filter(({ state }) => state.status === 'firing');
    expect(firing.map(({ series }) => series)).toEqual(['source||dev-0']);
  });

  it('tells of the silences in what it reads at last, as if it had never lagged', async () => {
    const definition = { ...PER_MINUTE, alerts: [{ name: 'silent', when: { absent: '5m' } }] };
    const run = async (isReading: (minute: number) => boolean) => {
      const system = new LaggingSystem(definition);
      for (let minute = 0; minute < 60; minute += 1) {
        // Silent twice, for ten minutes and for seven; then for good.
        const isSilent = (minute > 5 && minute < 15) || (minute > 30 && minute < 37) || minute > 50;
        if (!isSilent) system.put('dev', { time: system.nowMs - 1 });
        system.nowMs += 100;
        await system.close();
        if (isReading(minute)) await system.aggregate();
        await system.close();
        if (isReading(minute)) await system.watch();
        system.nowMs += MINUTE - 100;
      }
      const [alert] = await collect(system.alerts.scan());
      return {
        status: alert?.state.status,
        sequence: alert?.state.sequence,
        frontier: alert?.state.frontier,
      };
    };
    const prompt = await run(() => true);
    expect(prompt).toMatchObject({ status: 'firing', sequence: 5 });
    expect(await run((minute) => minute === 0 || minute === 59)).toEqual(prompt);
    expect(await run((minute) => minute % 20 === 19)).toEqual(prompt);
  });

  it('of one shard holds back what is judged of all', async () => {
    const system = new LaggingSystem(PER_MINUTE, { shards: 2 });
    const [a, b] = ['shardId-000000000000', 'shardId-000000000001'];
    system.put('dev');
    await system.close();
    for (const shard of [a, b]) await system.aggregate(shard);
    system.nowMs += 30 * MINUTE;
    await system.close();
    await system.aggregate(a);
    expect(await system.close()).toMatchObject({ closedWindows: 0 });
    await system.aggregate(b);
    expect(await system.close()).toMatchObject({ closedWindows: 1 });
  });
});

describe('the closer', () => {
  it('puts a tick into each open shard, which is in no books and no letter', async () => {
    const system = new LaggingSystem(PER_MINUTE, { shards: 2 });
    const [lower] = (await system.stream.listShards()).map(({ id }) => id);
    if (lower === undefined) throw new Error('no shard');
    system.stream.split(lower);
    await system.close();
    expect(system.observed.published.at(-1)).toMatchObject({ ticks: 3, silenceNotJudged: 1 });
    for (const { id } of await system.stream.listShards()) {
      const records = await system.records(id);
      expect(records.length).toBe(id === lower ? 0 : 1);
      if (id !== lower) await system.aggregate(id);
    }
    expect(system.observed.published.at(-1)).toMatchObject({
      records: 0,
      ticks: 1,
      received: 0,
      imbalance: 0,
    });
    expect(await system.ledger()).toEqual({ received: 0, applied: 0, late: 0 });
    await system.close();
    expect(system.observed.published.at(-1)).toMatchObject({ silenceNotJudged: 0 });
  });

  it('goes on with what was known where the stream cannot be asked, and tells', async () => {
    const system = new LaggingSystem(PER_MINUTE);
    system.put('dev');
    system.nowMs += 30 * MINUTE;
    await system.close();
    await system.aggregate();
    await system.close();
    system.stream.listShards = async () => {
      throw new Error('out of reach');
    };
    system.nowMs += 30 * MINUTE;
    await system.close();
    expect(system.observed.published.at(-1)).toMatchObject({ silenceNotJudged: 1, behindMs: 30 * MINUTE });
    expect(system.observed.lines.map(({ message }) => message)).toContain(
      'stream not asked how far it has been read',
    );
  });
});

describe('how far a shard has been read', () => {
  const oneTick = async () => {
    const system = new LaggingSystem(PER_MINUTE);
    system.put('a');
    system.nowMs += 1;
    system.stream.putData('b', TICK_DATA);
    const at = (await system.records(FIRST)).map(({ kinesis }) => kinesis.sequenceNumber);
    const tickMs = async () => [...(await system.progress.list(system.stream.arn)).values()];
    return { system, at, tickMs };
  };

  it('is noted once what came before the tick is committed', async () => {
    const { system, tickMs } = await oneTick();
    expect(await system.aggregate()).toEqual({ batchItemFailures: [] });
    expect(await tickMs()).toEqual([system.nowMs]);
  });

  it('is not noted while something before the tick has failed', async () => {
    const { system, at, tickMs } = await oneTick();
    system.over = (name, table) => (name === 'sources' ? tableOver(table, { commit: down }) : table);
    system.restart();
    expect(await system.aggregate()).toEqual({ batchItemFailures: [{ itemIdentifier: at[0] }] });
    expect(await tickMs()).toEqual([]);
  });

  it('is noted up to the last tick before what has failed', async () => {
    const { system, tickMs } = await oneTick();
    const before = system.nowMs;
    system.nowMs += 1;
    system.put('c');
    system.nowMs += 1;
    system.stream.putData('b', TICK_DATA);
    const fails = (name: string) => name === 'sources';
    system.over = (name, table) =>
      fails(name)
        ? tableOver(table, {
            commit: async (writes) => {
              const outcomes = await table.commit(
                writes.filter(({ key }) => JSON.stringify(key).includes('"a"')),
              );
              let next = 0;
              return writes.map(({ key }) =>
                JSON.stringify(key).includes('"a"')
                  ? (outcomes[next++] ?? { kind: 'failed', reason: 'none' })
                  : { kind: 'failed', reason: 'throttled' },
              );
            },
          })
        : table;
    system.restart();
    await system.aggregate();
    expect(await tickMs()).toEqual([before]);
  });

  it('comes again where it could not be noted, and with it what came behind', async () => {
    const { system, at, tickMs } = await oneTick();
    system.over = (name, table) => (name === 'readers' ? tableOver(table, { commit: down }) : table);
    system.restart();
    expect(await system.aggregate()).toEqual({ batchItemFailures: [{ itemIdentifier: at[0] }] });
    system.over = (_, table) => table;
    system.restart();
    await system.aggregate();
    expect(await tickMs()).toEqual([system.nowMs]);
    expect(await system.ledger()).toMatchObject({ received: 1, applied: 1 });
  });

  it('never goes back, whoever comes late with an older tick', async () => {
    const { system, tickMs } = await oneTick();
    const at = { stream: system.stream.arn, shard: (await system.stream.listShards())[0]?.id };
    if (at.shard === undefined) throw new Error('no shard');
    await system.aggregate();
    const noted = await tickMs();
    const older = { tickMs: 5, sequence: '1' as SequenceNumber };
    await system.progress.note({ stream: at.stream, shard: at.shard }, { records: [], tick: older });
    expect(await tickMs()).toEqual(noted);
  });
});

describe('a tick before a batch', () => {
  /** A device sends, is silent for half an hour, and comes back with what it had measured in the first minute. */
  const comesBack = async (between: (system: LaggingSystem) => Promise<void>) => {
    const system = new LaggingSystem(PER_MINUTE);
    const time = system.nowMs + 1;
    system.put('dev');
    await system.aggregate();
    system.nowMs += 30 * MINUTE;
    await system.close();
    await between(system);
    system.put('dev', { time });
    for (const { id } of await system.stream.listShards()) await system.aggregate(id, 1);
    for (const { id } of await system.stream.listShards()) await system.aggregate(id);
    return await system.ledger();
  };
  const late = { received: 2, applied: 1, late: 1 };

  it('has closed what fell silent, whether the closer ran after it was read or not', async () => {
    expect(await comesBack(async () => {})).toEqual(late);
    const closed = async (system: LaggingSystem) => {
      await system.aggregate();
      expect(await system.close()).toMatchObject({ closedWindows: 1 });
    };
    expect(await comesBack(closed)).toEqual(late);
  });

  it('is known to a container that has not seen it', async () => {
    const moved = async (system: LaggingSystem) => {
      await system.aggregate();
      system.restart();
    };
    expect(await comesBack(moved)).toEqual(late);
  });

  it('is known to a container that had an earlier batch of the shard, and not the one with the tick', async () => {
    const system = new LaggingSystem(PER_MINUTE);
    const time = system.nowMs + 1;
    system.put('dev');
    await system.aggregate();
    system.nowMs += 30 * MINUTE;
    await system.close();
    const [tick] = (await system.records(FIRST)).slice(1);
    if (tick === undefined) throw new Error('no tick');
    await system.progress.note(
      { stream: tick.eventSourceARN, shard: (await system.stream.listShards())[0]?.id ?? raise() },
      { records: [], tick: { tickMs: system.nowMs, sequence: tick.kinesis.sequenceNumber as never } },
    );
    system.put('dev', { time });
    system.skip(1);
    await system.aggregate();
    expect(await system.ledger()).toEqual(late);
  });

  it('is known in the child of the shard that it was put into', async () => {
    const split = async (system: LaggingSystem) => {
      await system.aggregate();
      const [shard] = await system.stream.listShards();
      if (shard !== undefined) system.stream.split(shard.id);
      system.restart();
    };
    expect(await comesBack(split)).toEqual(late);
  });

  it('costs no read while nobody has been silent for long', async () => {
    const system = new LaggingSystem(PER_MINUTE);
    let reads = 0;
    system.over = (name, table) =>
      name === 'readers'
        ? tableOver(table, {
            getMany: async (keys) => {
              reads += 1;
              return await table.getMany(keys);
            },
          })
        : table;
    system.restart();
    for (let second = 0; second < 120; second += 1) {
      system.put('dev');
      await system.aggregate();
      system.nowMs += 1_000;
    }
    expect(reads).toBe(0);
    system.nowMs += 30 * MINUTE;
    system.put('dev');
    await system.aggregate();
    expect(reads).toBeGreaterThan(0);
  });
});

describe('a source that is held', () => {
  const definition = { ...PER_MINUTE, alerts: [{ name: 'silent', when: { absent: '5m' } }] };

  /** A device that is silent for ten minutes between two of its three events, and others that go on. */
  async function run(hold: (system: LaggingSystem) => Promise<void>): Promise<LaggingSystem> {
    const system = new LaggingSystem(definition);
    for (let minute = 0; minute < 40; minute += 1) {
      if (minute === 0 || minute === 3 || minute === 14) system.put('dev', { time: system.nowMs - 1 });
      // Behind the silence, and of a window that it has closed.
      if (minute === 14) system.put('dev', { time: system.nowMs - 11 * MINUTE });
      system.put('other');
      system.nowMs += 100;
      await system.aggregate();
      if (minute === 0) await hold(system);
      await system.close();
      await system.watch();
      system.nowMs += MINUTE - 100;
    }
    return system;
  }

  it('holds up nobody: how far the stream has been read goes on, and of its silence nothing is said', async () => {
    const system = await run(async (each) => {
      await damage(each);
    });
    expect((await system.close()).held).toBe(1);
    expect(await system.progress.loadHorizon()).toBeGreaterThanOrEqual(system.nowMs - 3 * MINUTE);
    const firing = (await collect(system.alerts.scan())).filter(({ state }) => state.status === 'firing');
    expect(firing).toEqual([]);
    // The books of what cannot be read cannot be read either: these are those of the other.
    expect(await system.ledger()).toMatchObject({ applied: 40, late: 0 });
  });

  it.each([
    { what: 'once', batches: [] },
    { what: 'again and again', batches: [1_000, 1] },
  ])(
    'comes out as if it had never been held, its stream read $what: silences are judged by the ticks they came behind',
    async ({ batches }) => {
      let mend = async (): Promise<void> => {};
      const held = await run(async (each) => {
        mend = await damage(each);
      });
      const prompt = await run(async () => {});
      for (const most of batches) {
        held.rewind();
        while ((await held.aggregate(FIRST, most)) !== undefined);
      }
      await mend();
      const states = new SourceStates(held.tables.sources);
      const deadLetters = new DeadLetters(held.tables.deadLetters);
      const pipeline = parsePipeline(definition);
      expect(await resumeSource('dev', { states, deadLetters, pipeline })).toMatchObject({
        kind: 'resumed',
        verdicts: { applied: 2, late: 1 },
      });
      for (const system of [held, prompt]) {
        await system.close();
        await system.watch();
      }
      expect(await held.ledger()).toEqual(await prompt.ledger());
      const told = async ({ alerts }: LaggingSystem) =>
        (await collect(alerts.scan())).map(({ series, state: { status, sequence } }) => [
          series,
          status,
          sequence,
        ]);
      expect(await told(held)).toEqual(await told(prompt));
    },
  );

  /** Gives what mends it again. */
  async function damage(system: LaggingSystem): Promise<() => Promise<void>> {
    const { sources } = system.tables;
    const key = { source: { S: 'dev' } };
    const [item] = await sources.getMany([key]);
    if (item?.['state'] === undefined) throw new Error('dev has no state');
    const { state } = item;
    await sources.putMany([{ ...item, state: { B: Uint8Array.of(99) } }]);
    // One that knows the source from before would go on from what it knows.
    system.restart();
    return async () => {
      const [now] = await sources.getMany([key]);
      await sources.putMany([{ ...now, ...key, state }]);
    };
  }
});

function raise(): never {
  throw new Error('no shard');
}
