// Fifty devices go on sending, and a reader goes on asking, while the state machine rebuilds what they sent under another definition and switches
// readers to it: nothing is lost, nothing counts twice, and every answer is of one generation.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wire } from '../../../consumers/rebuild/wire.ts';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { kinesisEventRecord } from '../../../src/event-source/kinesis-record.ts';
import { MemoryStream } from '../../../src/event-source/memory-stream.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import { byGeneration } from '../../../src/host/by-generation.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import type { RebuildStepRequest } from '../../../src/rebuild/do-step.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { ArchiveWriter } from '../../../src/stores/archive/archive-writer.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import type { Table } from '../../../src/stores/table.ts';
import { kinesisArchivedLine } from '../../../src/wire/archived-line.ts';
import type { KinesisEventRecord } from '../../../src/wire/stream-records.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';
import { storesOf, viewOf } from '../../support/rebuilt-tables.ts';
import { runStateMachine, stateMachineIn } from '../../support/run-state-machine.ts';
import { runs } from '../../support/runs.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const DEVICES = Array.from({ length: 50 }, (_, at) => `d${at}`);
const START_MS = Date.parse('2026-11-28T09:50:00Z');
const EVERY_MS = 30_000;
const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry';
const LIVE = { aggregations: [{ name: 'one', window: { tumbling: '60s' }, idleTimeout: '10m' }] };
const REBUILT = {
  aggregations: [{ name: 'five', window: { tumbling: '5m' }, idleTimeout: '10m' }],
  rollups: [{ name: 'all', of: 'five', by: [] }],
};
/** Rounds of the fleet before the rebuild begins, while it goes on at most, and behind the switch. */
const BEFORE = 24;
const MOST_ROUNDS = 200;
const BEHIND = 12;

interface Pace {
  /** The archive is behind by so many rounds at most. */
  readonly archiveBehind: number;
  /** Turns of others between two rounds. */
  readonly turns: number;
}

/** What devices send goes into the stream, the stack's own tables, and behind that the archive. */
class Fleet {
  readonly archive = new MemoryObjects();
  readonly live = generationOf(this.archive, LIVE);
  readonly stream = new MemoryStream({ kind: 'kinesis', clock: new VirtualClock(0), shards: 0, arn: ARN });
  rounds = 0;
  readonly #writer = new ArchiveWriter(this.archive);
  readonly #pace: Pace;
  #sequence = 100;
  #waiting: { readonly shard: ShardId; readonly record: KinesisEventRecord }[] = [];

  constructor(pace: Pace) {
    this.#pace = pace;
    for (const shard of SHARDS) this.stream.addShard(shard);
  }

  get nowMs(): number {
    return START_MS + this.rounds * EVERY_MS;
  }

  /** Each device sends an event. */
  async round(): Promise<void> {
    const arrivalMs = this.nowMs + EVERY_MS;
    const records = DEVICES.map((source, at) => {
      this.#sequence += 1;
      const shard = SHARDS[at % SHARDS.length] ?? SHARDS[0];
      const data = Buffer.from(
        JSON.stringify({ source, time: arrivalMs, id: this.rounds, values: { v: at } }),
      );
      const sequence = String(this.#sequence) as SequenceNumber;
      const record = kinesisEventRecord({ shard, sequence, arrivalMs, partitionKey: source, data }, ARN);
      this.stream.append(shard, { sequence, arrivalMs, record });
      return { shard, record };
    });
    this.#waiting.push(...records);
    for (const shard of SHARDS)
      await this.live.options.fold.fold(
        records.filter((one) => one.shard === shard).map(({ record }) => record),
      );
    this.rounds += 1;
    if (this.rounds % (this.#pace.archiveBehind + 1) === 0) await this.archiveAll();
  }

  async archiveAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [shard, of] of Map.groupBy(waiting, (one) => one.shard))
      await this.#writer.append(
        { stream: 'telemetry', shard },
        of.map(({ record }) => kinesisArchivedLine(record)),
      );
  }

  /** Never at rest: whoever waits for that waits in vain. */
  async goOn(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      if (this.rounds > MOST_ROUNDS)
        throw new Error(`found the rebuild not done after ${this.rounds} rounds`);
      await this.round();
      for (let turn = 0; turn < this.#pace.turns; turn += 1) await nextTurn();
    }
  }
}

const SHARDS = ['shardId-000000000000', 'shardId-000000000001'] as [ShardId, ShardId];

interface Answer {
  readonly generations: readonly string[];
  /** The least that a device is said to have sent, and the most. */
  readonly least: number;
  readonly most: number;
  readonly duplicates: number;
  /** Rounds done before it was asked, and when it was answered. */
  readonly before: number;
  readonly after: number;
}

function systemOf(fleet: Fleet) {
  const { live, archive, stream } = fleet;
  const pipeline = parsePipeline(LIVE);
  const host = memoryHost({
    pipeline,
    tables: { ...live.tables },
    objects: () => archive,
    option: () => 'yes',
    setting: (name) => (name === 'rebuildStream' ? 'telemetry' : ARN),
    clock: { nowMs: () => fleet.nowMs, sleep: async () => {} },
  });
  const table = (name: string, generation?: string) => takingTurns(host.table(name, generation));
  const unlimited = { getRemainingTimeInMillis: () => 900_000 };
  const switched = { rounds: Number.POSITIVE_INFINITY };
  const invoke = async (request: unknown) => {
    const step = request as RebuildStepRequest; // as the state machine makes it
    if (step.step === undefined) throw new Error('found it going on in another execution, expected it done');
    if (step.step === 'switch') switched.rounds = fleet.rounds;
    return await wire({ ...host, table, definition: LIVE, source: () => stream })(step, unlimited);
  };
  const runTask = async (environment: Readonly<Record<string, string>>) => {
    const { TIDEMILL_REBUILD_STEP: step, TIDEMILL_REBUILD_REQUEST: request = '{}' } = environment;
    return await invoke({ ...JSON.parse(request), step });
  };
  const read: string[] = [];
  const seen = (name: string, generation = 'first') => {
    const inner = table(name, generation === 'first' ? undefined : generation);
    const note = <T>(answer: T): T => {
      read.push(generation);
      return answer;
    };
    return {
      ...inner,
      getMany: (keys: Parameters<Table['getMany']>[0]) => inner.getMany(keys).then(note),
    };
  };
  const counts = byGeneration(
    {
      pipeline,
      option: () => 'yes',
      clock: host.clock,
      table: (name, generation) => (name === 'readers' ? table(name, generation) : seen(name, generation)),
    },
    (of, definedBy) => async () => {
      const states = new SourceStates(of('sources'));
      const found = [];
      // Two reads with others' turns between: a page of it is no mixture either.
      for (const half of [DEVICES.slice(0, 25), DEVICES.slice(25)])
        for (const { source, state } of await states.load(half))
          found.push(decodeState(source, state, definedBy).counts);
      return found;
    },
  );
  const ask = async (): Promise<Answer> => {
    read.length = 0;
    const before = fleet.rounds;
    const found = await counts(undefined);
    return {
      generations: [...new Set(read)],
      least: Math.min(...found.map(({ applied }) => applied)),
      most: Math.max(...found.map(({ received }) => received)),
      duplicates: found.reduce((sum, { duplicate }) => sum + duplicate, 0),
      ...{ before, after: fleet.rounds },
    };
  };
  return { host, invoke, runTask, ask, switched };
}

/** Others have a turn before each call. */
function takingTurns(inner: Table): Table {
  const soon = async <T>(send: () => Promise<T>) => {
    await nextTurn();
    return await send();
  };
  return {
    getMany: (keys) => soon(() => inner.getMany(keys)),
    commit: (writes) => soon(() => inner.commit(writes)),
    putMany: (items) => soon(() => inner.putMany(items)),
    deleteMany: (keys) => soon(() => inner.deleteMany(keys)),
    scanPage: (request) => soon(() => inner.scanPage(request)),
    query: (query) => inner.query(query),
    scan: () => inner.scan(),
  };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('a rebuild beside fifty live devices loses nothing, doubles nothing, and is never mixed', async () => {
  const definition = stateMachineIn(synthesizedStack({ archive: true, rebuild: true }));
  await fc.assert(
    fc.asyncProperty(
      fc.record({ archiveBehind: fc.nat({ max: 6 }), turns: fc.integer({ min: 8, max: 40 }) }),
      async (pace) => {
        const fleet = new Fleet(pace);
        while (fleet.rounds < BEFORE) await fleet.round();
        const { host, invoke, runTask, ask, switched } = systemOf(fleet);
        const answers: Answer[] = [];
        const ended = { yes: false };
        const reading = (async () => {
          for (; !ended.yes; await nextTurn()) answers.push(await ask());
        })();
        const input = { generation: 'second', definition: REBUILT, switch: true };
        const rebuilt = runStateMachine(definition, input, { invoke, runTask });
        await Promise.all([fleet.goOn(() => fleet.rounds >= switched.rounds + BEHIND), rebuilt]);
        await fleet.archiveAll();
        await invoke({ step: 'follow' });
        // Whoever asks by then sees the other generation.
        fleet.rounds += 1;
        answers.push(await ask());
        ended.yes = true;
        await reading;

        expectOneAfterTheOther(answers, switched.rounds);
        expect(answers.at(-1)).toMatchObject({
          generations: ['second'],
          least: fleet.rounds - 1,
          most: fleet.rounds - 1,
        });
        const second = {
          sources: host.table('sources', 'second'),
          windows: host.table('windows', 'second'),
          deadLetters: host.table('deadLetters', 'second'),
          alerts: host.table('alerts', 'second'),
          readers: host.table('readers', 'second'),
        };
        const plain = generationOf(fleet.archive, REBUILT);
        await rebuildAll(plain.options);
        const pipeline = parsePipeline(REBUILT);
        expect(await viewOf(storesOf(second), pipeline)).toEqual(await viewOf(plain.side, pipeline));
      },
    ),
    // Each look at the archive finds it grown since the one before.
    { numRuns: runs(2), examples: [[{ archiveBehind: 0, turns: 8 }]] },
  );
});

/** All of the first generation, then all of the second; none behind what its readers are promised. */
function expectOneAfterTheOther(answers: readonly Answer[], switchedAfter: number): void {
  const order = answers.map(({ generations }) => generations.join('+'));
  const turn = order.indexOf('second');
  expect(turn).toBeGreaterThan(0);
  expect(new Set(order.slice(0, turn))).toEqual(new Set(['first']));
  expect(new Set(order.slice(turn))).toEqual(new Set(['second']));
  for (const { generations, least, most, duplicates, before, after } of answers) {
    const [generation] = generations;
    expect(least).toBeGreaterThanOrEqual(generation === 'first' ? before : Math.min(before, switchedAfter));
    expect(most).toBeLessThanOrEqual(after + 1);
    expect(duplicates).toBe(0);
  }
}
