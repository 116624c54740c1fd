// The three consumers on tables in memory: the real handlers, with tables between that may fail, and what came of it
// in a form that compares: nothing in it depends on batches, deliveries or versions.
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { createClose } from '../../consumers/close/close.ts';
import { createRollup } from '../../consumers/rollup/rollup.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { bucketOf } from '../../src/core/spread.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { textOf } from '../../src/stores/table.ts';
import { Windows } from '../../src/stores/windows.ts';
import type { DynamoDbEventRecord, KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from './change-records.ts';
import { type Container, Deliverer, type Delivery } from './deliverer.ts';
import { SHARD, sequenceOf } from './event-streams.ts';
import { Faults } from './faults.ts';
import { Observed } from './observed.ts';
import { Stall } from './stall.ts';
import { StoredTables } from './stored-tables.ts';

/** No call goes on for ever: faults run out, and then nothing is left undone. */
const CLOSER_RUNS = 200;

/** How the rollup consumer's containers spread a window: each may go by a pipeline with parts of its own. */
export interface RollupSpread {
  readonly partCapacity: number;
  readonly parts: readonly number[];
}

export class ConsumerSystem {
  readonly pipeline: Pipeline;
  spread: RollupSpread | undefined;
  #rollups = 0;
  readonly faults: Faults;
  readonly tables: StoredTables;
  readonly observed = new Observed();

  constructor(pipeline: Pipeline, faults = new Faults(), tables = new StoredTables()) {
    this.pipeline = pipeline;
    this.faults = faults;
    this.tables = tables;
  }

  get states(): SourceStates {
    return new SourceStates(this.tables.sources);
  }

  get deadLetters(): DeadLetters {
    return new DeadLetters(this.tables.deadLetters);
  }

  get windows(): Windows {
    return new Windows(this.tables.windows);
  }

  aggregateDeliverer(deliveries: readonly Delivery<KinesisEventRecord>[]): Deliverer<KinesisEventRecord> {
    return new Deliverer([deliveries], (stall) => this.#aggregate(stall));
  }

  /** The changelog so far, in two shards by source. */
  rollupDeliverer(): Deliverer<DynamoDbEventRecord> {
    const lanes: Delivery<DynamoDbEventRecord>[][] = [[], []];
    for (const [at, change] of this.tables.changes.sources.entries()) {
      const sequence = sequenceOf(at);
      const lane = lanes[bucketOf(textOf(change.keys, 'source') ?? '', 2)];
      lane?.push({ shard: SHARD, sequence, record: changeRecord(change, sequence) });
    }
    return new Deliverer(lanes, (stall) => this.#rollup(stall));
  }

  /** One run of the closer, at a moment or, without one, for everything. Its failing is the faults' work. */
  async close(nowMs: number | undefined, stall = new Stall()): Promise<boolean> {
    const close = createClose({
      pipeline: this.pipeline,
      states: new SourceStates(this.tables.faulty('sources', this.faults, stall)),
      ...this.#watched(() => nowMs ?? 0),
    });
    const time = { getRemainingTimeInMillis: () => (this.faults.draw(20) === 19 ? 0 : 60_000) };
    const [answer] = await Promise.allSettled([close({ closeAll: nowMs === undefined }, time)]);
    if (answer.status === 'rejected') return false;
    const { finished, failed, refused } = answer.value;
    return finished && failed === 0 && refused === 0;
  }

  async closeEverything(): Promise<void> {
    for (let run = 0; run < CLOSER_RUNS; run += 1) if (await this.close(undefined)) return;
    throw new Error(`nothing waits for ever: windows are open after ${CLOSER_RUNS} runs of the closer`);
  }

  #aggregate(stall: Stall): Container<KinesisEventRecord>['handler'] {
    return createAggregate({
      pipeline: this.pipeline,
      states: new SourceStates(this.tables.faulty('sources', this.faults, stall)),
      deadLetters: new DeadLetters(this.tables.faulty('deadLetters', this.faults, stall)),
      ...this.#watched(),
    });
  }

  #rollup(stall: Stall): Container<DynamoDbEventRecord>['handler'] {
    const { spread } = this;
    const parts = spread?.parts[this.#rollups % spread.parts.length];
    this.#rollups += 1;
    return createRollup({
      pipeline: parts === undefined ? this.pipeline : withParts(this.pipeline, parts),
      ...(spread === undefined ? {} : { partCapacity: spread.partCapacity }),
      windows: new Windows(this.tables.faulty('windows', this.faults, stall)),
      deadLetters: new DeadLetters(this.tables.faulty('deadLetters', this.faults, stall)),
      ...this.#watched(),
    });
  }

  #watched(nowMs = () => 0) {
    return { log: this.observed.log, meter: this.observed.meter, nowMs };
  }
}

function withParts(pipeline: Pipeline, parts: number): Pipeline {
  return { ...pipeline, rollups: pipeline.rollups.map((rollup) => ({ ...rollup, parts })) };
}
