// The three consumers on tables in memory: the real handlers, with tables between that may fail, and what came of it
// in a form that compares: nothing in it depends on batches, deliveries or versions.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireLive } from '../../consumers/live/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { bucketOf } from '../../src/core/spread.ts';
import type { FunctionHost, InvocationContext } from '../../src/host/function-host.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { noteRuns } from '../../src/host/note-runs.ts';
import type { WriteNote } from '../../src/host/run-notes.ts';
import type { LivePoster } from '../../src/platform/live-poster.ts';
import { OUTLET_SETTING } from '../../src/platform/outlet-choice.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import type { NotedFunction } from '../../src/stores/run-note.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { textOf } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { Windows } from '../../src/stores/windows.ts';
import type { DynamoDbEventRecord, KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { encodeVerifyingKeys } from '../../src/wire/token-keys.ts';
import { changeRecord } from './change-records.ts';
import { type Container, Deliverer, type Delivery } from './deliverer.ts';
import { SHARD, sequenceOf } from './event-streams.ts';
import { Faults } from './faults.ts';
import { Observed } from './observed.ts';
import { readUpToIs } from './read-up-to.ts';
import { noShards } from './shards-in-memory.ts';
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
  /** What the outlet tells; default: there is none. */
  tells: string | undefined;
  /** Memory of aggregate's containers in MB, taken in turn, which gives their caches more or less room; default: as in the stack. */
  memoriesMb: readonly number[] = [];
  /** Takes the notes of runs of aggregate and the closer; default: none are made. */
  writeNote: WriteNote | undefined;
  #names = 0;
  #aggregates = 0;
  #rollups = 0;
  readonly faults: Faults;
  readonly tables: StoredTables;
  readonly observed = new Observed();
  readonly readers = new MemoryTable(TABLE_SCHEMAS.readers);

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

  /** The changes of windows so far, to who tells of rollup windows. */
  liveDeliverer(): Deliverer<DynamoDbEventRecord> {
    const lane = this.tables.changes.windows.map((change, at) => {
      const sequence = sequenceOf(at);
      return { shard: SHARD, sequence, record: changeRecord(change, sequence) };
    });
    return new Deliverer([lane], (stall) =>
      wireLive({ ...this.#host(stall), poster: () => NOBODY_LISTENS, secret: () => NO_SECRET }),
    );
  }

  /** One run of the closer, at a moment or, without one, for everything. Its failing is the faults' work. */
  async close(nowMs: number | undefined, stall = new Stall()): Promise<boolean> {
    if (nowMs !== undefined) await readUpToIs(nowMs, this.readers);
    const close = this.#noting('close', this.#host(stall, nowMs), wireClose);
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
    const memoryMb = this.memoriesMb[this.#aggregates % this.memoriesMb.length] ?? 1_024;
    this.#aggregates += 1;
    const host = { ...this.#host(stall), memoryMb: () => memoryMb };
    const handle = this.#noting('aggregate', host, (given) => wireAggregate(given));
    return (event) => handle(event, { getRemainingTimeInMillis: () => 60_000 });
  }

  #noting<E, A>(
    name: NotedFunction,
    host: FunctionHost,
    wire: (host: FunctionHost) => (event: E, context: InvocationContext) => Promise<A>,
  ): (event: E, context: InvocationContext) => Promise<A> {
    const { writeNote: write } = this;
    if (write === undefined) return wire(host);
    const newName = () => {
      this.#names += 1;
      return String(this.#names);
    };
    return noteRuns(name, host, wire, { write, newName });
  }

  #rollup(stall: Stall): Container<DynamoDbEventRecord>['handler'] {
    const { spread } = this;
    const host = this.#host(stall);
    if (spread === undefined) return wireRollup(host);
    const parts = spread.parts[this.#rollups % spread.parts.length];
    this.#rollups += 1;
    const pipeline = parts === undefined ? this.pipeline : withParts(this.pipeline, parts);
    return wireRollup({ ...host, pipeline }, { partCapacity: spread.partCapacity });
  }

  #host(stall: Stall, nowMs = 0): FunctionHost {
    const faulty = (name: 'sources' | 'windows' | 'deadLetters' | 'outlet') =>
      this.tables.faulty(name, this.faults, stall);
    return memoryHost({
      pipeline: this.pipeline,
      log: this.observed.log,
      meter: this.observed.meter,
      clock: { nowMs: () => nowMs, sleep: async () => {} },
      setting: () => '',
      shards: noShards,
      tables: {
        sources: faulty('sources'),
        windows: faulty('windows'),
        deadLetters: faulty('deadLetters'),
        outlet: faulty('outlet'),
        readers: this.readers,
      },
      option: (name) => (name === OUTLET_SETTING ? this.tells : undefined),
    });
  }
}

/** Nobody shows a token in these runs: a key of nobody. */
const NO_SECRET = async () =>
  encodeVerifyingKeys([{ kid: 'nobody', createdMs: 0, publicJwk: { kty: 'OKP', crv: 'Ed25519', x: 'x' } }]);

/** No connection is made in these runs. */
const NOBODY_LISTENS: LivePoster = {
  post: () => Promise.reject(new Error('a post without a connection')),
  disconnect: () => Promise.reject(new Error('an end without a connection')),
};

function withParts(pipeline: Pipeline, parts: number): Pipeline {
  return { ...pipeline, rollups: pipeline.rollups.map((rollup) => ({ ...rollup, parts })) };
}
