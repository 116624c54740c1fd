// Laws of the event source mapping, under whatever happens to the stream, the function, the server and the mapping itself.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShardId } from '../../src/core/brands.ts';
import type { RunningMapping } from '../../src/event-source/event-source-mapping.ts';
import type { InvokeOutcome } from '../../src/event-source/ports.ts';
import { shardId } from '../../src/event-source/stream-ids.ts';
import {
  failedItems,
  MappingHarness,
  numbered,
  success,
  throttled,
  thrown,
} from '../support/mapping-harness.ts';

const KEYS = numbered('key', 6);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.constantFrom(...KEYS) }) },
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
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('catch up' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('server down' as const, 'server up' as const) }) },
);

const schedule = fc.record({
  kind: fc.constantFrom('kinesis' as const, 'dynamodb' as const),
  shards: fc.integer({ min: 1, max: 3 }),
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

test('every record is handled, first in order per key, and "caught up" is never said too early', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (plan) => {
      const world = new World(plan);
      for (const next of plan.steps) await world.take(next);
      await world.finish();
      const handled = world.handled;
      for (const key of KEYS) {
        const put = world.put.filter((text) => text.startsWith(`${key}:`));
        const first = [...new Set(handled.filter((text) => text.startsWith(`${key}:`)))];
        expect(first).toEqual(put);
      }
      // twice only what an abandoned invocation had in hand
      if (world.abandoned === 0) expect(handled).toHaveLength(world.put.length);
    }),
    { numRuns: 150 },
  );
});

class World {
  readonly put: string[] = [];
  readonly handled: string[] = [];
  abandoned = 0;
  readonly #harness: MappingHarness;
  readonly #plan: Schedule;
  /** In the order of their keys. */
  readonly #open: ShardId[];
  #down = false;
  #mapping: RunningMapping;

  constructor(plan: Schedule) {
    this.#plan = plan;
    this.#harness = new MappingHarness({
      kind: plan.kind,
      shards: plan.shards,
      properties: {
        BatchSize: plan.batchSize,
        MaximumBatchingWindowInSeconds: plan.windowS,
        BisectBatchOnFunctionError: plan.bisect,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
      handler: async ({ texts, sequences }, index) => {
        const outcome = await this.#outcome(sequences, index);
        this.#note(outcome, texts, sequences);
        return outcome;
      },
      deps: { polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: plan.readLimit } },
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
    this.#mapping = this.#harness.start();
  }

  async take(next: Schedule['steps'][number]): Promise<void> {
    const { clock } = this.#harness;
    switch (next.do) {
      case 'put': {
        const text = `${next.key}:${this.put.length}`;
        this.#harness.put(text, next.key);
        this.put.push(text);
        return;
      }
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
        if (next.invocation === 'abandon') this.abandoned += 1;
        await clock.run(this.#mapping.stop(next));
        this.#mapping = this.#harness.start();
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

  async #catchUp(): Promise<void> {
    const before = this.put.length;
    expect(await this.#harness.clock.run(this.#mapping.caughtUp())).toBe('caught-up');
    expect(new Set(this.handled).size).toBe(before);
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
    if (outcome === success) this.handled.push(...texts);
    else if (outcome.kind === 'returned' && !outcome.payload.includes('nobody')) {
      this.handled.push(...texts.slice(0, Math.floor(sequences.length / 2)));
    }
  }
}
