// Laws of the event source mapping, under whatever happens to the stream, the function, the server and the mapping itself.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShardId } from '../../src/core/brands.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import type { RunningMapping } from '../../src/event-source/event-source-mapping.ts';
import { laneOf } from '../../src/event-source/lane-key.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import type { Placement } from '../../src/event-source/memory-stream.ts';
import type { CheckpointStore, InvokeOutcome, ShardCheckpoint } from '../../src/event-source/ports.ts';
import { shardId } from '../../src/event-source/stream-ids.ts';
import type { StreamEventRecord } from '../../src/wire/stream-records.ts';
import {
  failedItems,
  MappingHarness,
  numbered,
  success,
  throttled,
  thrown,
} from '../support/mapping-harness.ts';
import { runs } from '../support/runs.ts';

const KEYS = numbered('key', 6);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom(...KEYS),
      wanted: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 90, 1_500, 400_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('split' as const, 'merge' as const), at: fc.nat(7) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      invocation: fc.constantFrom('finish' as const, 'abandon' as const),
      lanes: fc.constantFrom(undefined, undefined, 1, 3, 10),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('catch up' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('server down' as const, 'server up' as const) }) },
);

const schedule = fc.record({
  kind: fc.constantFrom('kinesis' as const, 'dynamodb' as const),
  shards: fc.integer({ min: 1, max: 3 }),
  lanes: fc.constantFrom(1, 1, 2, 4, 10),
  failingBatchBlocks: fc.constantFrom('lane' as const, 'shard' as const),
  laneBacklog: fc.constantFrom(3, 10_000),
  filtered: fc.boolean(),
  batchSize: fc.integer({ min: 1, max: 5 }),
  readLimit: fc.integer({ min: 1, max: 7 }),
  windowS: fc.constantFrom(0, 0, 2),
  bisect: fc.boolean(),
  steps: fc.array(step, { maxLength: 60 }),
  outcomes: fc.array(fc.constantFrom('ok', 'ok', 'throw', 'throttle', 'partial', 'bad', 'slow'), {
    maxLength: 40,
  }),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer S> ? S : never;

test('every wanted record is handled, first in order per key, no checkpoint is ahead, and "caught up" is never said too early', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (plan) => {
      const world = new World(plan);
      for (const next of plan.steps) await world.take(next);
      await world.finish();
      expect(world.passed).toEqual([]);
      for (const key of KEYS) {
        const put = world.wanted.filter((text) => keyOf(text) === key);
        const first = [...new Set(world.handled.filter((text) => keyOf(text) === key))];
        expect(first).toEqual(put);
      }
      // twice only what an abandoned invocation had in hand, or lanes ahead of the checkpoint when their number changed
      if (!world.mayRepeat) expect(world.handled).toHaveLength(world.wanted.length);
    }),
    { numRuns: runs(40) },
  );
});

const windowSchedule = fc.record({
  kind: fc.constantFrom('kinesis' as const, 'dynamodb' as const),
  batchSize: fc.integer({ min: 1, max: 4 }),
  bisect: fc.boolean(),
  steps: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.constantFrom(...KEYS) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('advance' as const),
          ms: fc.constantFrom(1, 900, 7_000, 65_000),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('split' as const), at: fc.nat(3) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('restart' as const),
          invocation: fc.constantFrom('finish' as const, 'abandon' as const),
        }),
      },
    ),
    { maxLength: 50 },
  ),
  outcomes: fc.array(fc.constantFrom('ok', 'ok', 'throw', 'partial', 'no state', 'slow'), { maxLength: 40 }),
});

test('every record is in the final state of exactly one tumbling window, whatever fails and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(windowSchedule, async (plan) => {
      const finals = new Map<string, readonly string[]>();
      const put: string[] = [];
      const harness: MappingHarness = new MappingHarness({
        kind: plan.kind,
        properties: {
          TumblingWindowInSeconds: 10,
          BatchSize: plan.batchSize,
          BisectBatchOnFunctionError: plan.bisect,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
        handler: async ({ event, sequences, texts }, index) => {
          const seen: readonly string[] = JSON.parse(String(event.state?.['seen'] ?? '[]'));
          const answer = (through: number, failures: readonly unknown[] = []): InvokeOutcome => {
            const state = { seen: JSON.stringify([...seen, ...texts.slice(0, through)]) };
            return { kind: 'returned', payload: JSON.stringify({ state, batchItemFailures: failures }) };
          };
          const outcome = plan.outcomes[index];
          if (outcome === 'throw') return thrown;
          if (outcome === 'no state') return success;
          if (outcome === 'slow') await harness.clock.sleep(45_000);
          if (event.isFinalInvokeForWindow === true) {
            finals.set(`${event.shardId} ${event.window?.start}`, seen);
            return answer(0);
          }
          const half = Math.floor(texts.length / 2);
          if (outcome === 'partial') return answer(half, [{ itemIdentifier: sequences[half] }]);
          return answer(texts.length);
        },
      });
      const open = [shardId('shardId-000000000000')];
      let mapping = harness.start();
      for (const next of plan.steps) {
        if (next.do === 'put') {
          put.push(`${next.key}:${put.length}`);
          harness.put(put.at(-1) ?? '', next.key);
        } else if (next.do === 'advance') {
          await harness.clock.advance(next.ms);
        } else if (next.do === 'split') {
          const [shard] = open.splice(next.at % open.length, 1);
          if (shard !== undefined) open.push(...harness.stream.split(shard));
        } else {
          await harness.clock.run(mapping.stop(next));
          mapping = harness.start();
        }
      }
      await harness.clock.run(mapping.caughtUp());
      await harness.clock.advance(11_000);
      await harness.clock.run(mapping.caughtUp());
      await harness.clock.run(mapping.stop({ invocation: 'finish' }));
      expect([...finals.values()].flat().sort()).toEqual([...put].sort());
    }),
    { numRuns: runs(30) },
  );
});

interface Put {
  readonly text: string;
  readonly placement: Placement;
  readonly record: StreamEventRecord;
}

class World {
  /** Put, and not to be filtered out. */
  readonly wanted: string[] = [];
  readonly handled: string[] = [];
  /** Records a checkpoint was ahead of. */
  readonly passed: string[] = [];
  mayRepeat = false;
  readonly #unhandled = new Map<string, Put>();
  readonly #harness: MappingHarness;
  readonly #plan: Schedule;
  /** In the order of their keys. */
  readonly #open: ShardId[];
  #lanes: number;
  #count = 0;
  #down = false;
  #mapping: RunningMapping;

  constructor(plan: Schedule) {
    this.#plan = plan;
    this.#lanes = plan.lanes;
    this.#harness = new MappingHarness({
      kind: plan.kind,
      shards: plan.shards,
      properties: {
        BatchSize: plan.batchSize,
        MaximumBatchingWindowInSeconds: plan.windowS,
        BisectBatchOnFunctionError: plan.bisect,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...(plan.filtered ? { FilterCriteria: { Filters: [{ Pattern: patternOf(plan.kind) }] } } : {}),
      },
      handler: async ({ texts, sequences }, index) => {
        const outcome = await this.#outcome(sequences, index);
        this.#note(outcome, texts, sequences);
        return outcome;
      },
      deps: {
        polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: plan.readLimit },
        checkpoints: this.#checked(),
        answers: { failingBatchBlocks: plan.failingBatchBlocks, laneBacklog: plan.laneBacklog },
      },
      source: (stream) => ({
        kind: stream.kind,
        arn: stream.arn,
        listShards: () => (this.#down ? Promise.reject(new Error('down')) : stream.listShards()),
        openIterator: (...args) =>
          this.#down ? Promise.reject(new Error('down')) : stream.openIterator(...args),
        read: (...args) => (this.#down ? Promise.reject(new Error('down')) : stream.read(...args)),
      }),
    });
    this.#open = numbered('', plan.shards).map((n) =>
      shardId(`shardId-${String(Number(n) - 1).padStart(12, '0')}`),
    );
    this.#mapping = this.#start();
  }

  async take(next: Schedule['steps'][number]): Promise<void> {
    const { clock } = this.#harness;
    switch (next.do) {
      case 'put':
        return this.#put(next.key, next.wanted || !this.#plan.filtered);
      case 'advance':
        return clock.advance(next.ms);
      case 'split':
      case 'merge':
        return this.#reshard(next.do, next.at);
      case 'server down':
      case 'server up':
        this.#down = next.do === 'server down';
        return;
      case 'restart':
        if (next.invocation === 'abandon') this.mayRepeat = true;
        if (next.lanes !== undefined && next.lanes !== this.#lanes) this.mayRepeat = true;
        this.#lanes = next.lanes ?? this.#lanes;
        await clock.run(this.#mapping.stop(next));
        this.#mapping = this.#start();
        return;
      case 'catch up':
        this.#down = false;
        return this.#catchUp();
    }
  }

  async finish(): Promise<void> {
    this.#down = false;
    await this.#catchUp();
    await this.#harness.clock.run(this.#mapping.stop({ invocation: 'finish' }));
  }

  #start(): RunningMapping {
    return this.#harness.start({ ParallelizationFactor: this.#lanes });
  }

  #put(key: string, wanted: boolean): void {
    const text = JSON.stringify({ key, n: this.#count, wanted });
    this.#count += 1;
    const placement = this.#harness.put(text, key);
    if (!wanted) return;
    this.wanted.push(text);
    const record =
      this.#plan.kind === 'kinesis'
        ? { kinesis: { partitionKey: key } }
        : { dynamodb: { Keys: { pk: { S: key } } } };
    // all that `laneOf` looks at
    this.#unhandled.set(text, { text, placement, record: record as unknown as StreamEventRecord });
  }

  /** Notes what a checkpoint passes that is not handled. */
  #checked(): CheckpointStore {
    const memory = createMemoryCheckpoints();
    return {
      ...memory,
      save: async (mapping, shard, checkpoint) => {
        for (const { placement, record, text } of this.#unhandled.values()) {
          if (placement.shard === shard && isPassed(checkpoint, placement, record)) this.passed.push(text);
        }
        return memory.save(mapping, shard, checkpoint);
      },
    };
  }

  async #catchUp(): Promise<void> {
    expect(await this.#harness.clock.run(this.#mapping.caughtUp())).toBe('caught-up');
    expect(this.#unhandled.size).toBe(0);
  }

  #reshard(how: 'split' | 'merge', at: number): void {
    const { stream } = this.#harness;
    const index = at % this.#open.length;
    const [shard, neighbour] = this.#open.slice(index);
    if (shard === undefined) return;
    if (how === 'split') this.#open.splice(index, 1, ...stream.split(shard));
    else if (neighbour !== undefined) this.#open.splice(index, 2, stream.merge(shard, neighbour));
  }

  async #outcome(sequences: readonly string[], index: number): Promise<InvokeOutcome> {
    switch (this.#plan.outcomes[index]) {
      case 'throw':
        return thrown;
      case 'throttle':
        return throttled;
      case 'partial':
        return failedItems(...sequences.slice(Math.floor(sequences.length / 2)));
      case 'bad':
        return failedItems('nobody');
      case 'slow':
        await this.#harness.clock.sleep(45_000);
        return success;
      default:
        return success;
    }
  }

  #note(outcome: InvokeOutcome, texts: readonly string[], sequences: readonly string[]): void {
    const partly = outcome.kind === 'returned' && outcome !== success && !outcome.payload.includes('nobody');
    const through = outcome === success ? texts.length : partly ? Math.floor(sequences.length / 2) : 0;
    for (const text of texts.slice(0, through)) {
      this.handled.push(text);
      this.#unhandled.delete(text);
    }
  }
}

function isPassed(checkpoint: ShardCheckpoint, { sequence }: Placement, record: StreamEventRecord): boolean {
  const { drained, lanes, sequence: through } = checkpoint;
  const ahead = lanes?.through[String(laneOf(record, lanes.factor))];
  const isBehind = (mark: typeof through) =>
    mark !== undefined && compareSequenceNumbers(sequence, mark) <= 0;
  return drained || isBehind(through) || isBehind(ahead);
}

function patternOf(kind: 'kinesis' | 'dynamodb'): string {
  return JSON.stringify(
    kind === 'kinesis'
      ? { data: { wanted: [true] } }
      : { dynamodb: { NewImage: { text: { S: [{ suffix: '"wanted":true}' }] } } } },
  );
}

const keyOf = (text: string): string => JSON.parse(text).key;
