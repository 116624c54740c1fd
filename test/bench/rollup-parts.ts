// How hot a rollup window gets that a thousand sources feed: writes to its busiest item a second, and writes refused,
// by the number of parts it is spread over and of changelog shards that are read side by side. The real handlers, under
// a virtual clock, over tables in memory that take as long as DynamoDB does.
import { createHash } from 'node:crypto';
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { createRollup } from '../../consumers/rollup/rollup.ts';
import { createRandom } from '../../producers/simulators/random.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import { SOURCES_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import { RollupBeginnings } from '../../src/stores/rollup-beginnings.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { Table, VersionedWrite } from '../../src/stores/table.ts';
import { textOf } from '../../src/stores/table.ts';
import { Windows } from '../../src/stores/windows.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from '../support/change-records.ts';
import { sequenceOf } from '../support/event-streams.ts';
import { kinesisRecord } from '../support/kinesis-records.ts';
import { shardsInMemory } from '../support/shards-in-memory.ts';
import { growFleet } from './rollup-fleet.ts';

const SOURCES = 1_000;
const SECONDS = 20;
/** There and back, about. */
const CALL_MS = 5;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

interface Setting {
  readonly parts: number;
  readonly shards: number;
  /** Whether all shards' batches come at one moment, or each at one of its own within the second. */
  readonly atOnce: boolean;
}

interface Outcome {
  readonly writes: number;
  readonly refused: number;
  /** Writes of the item written most often. */
  readonly busiest: number;
  readonly largestBytes: number;
}

async function run({ parts, shards, atOnce }: Setting): Promise<Outcome> {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'minute', window: { tumbling: '60s' }, aggregates: ['sum', 'quantiles'] }],
    rollups: [{ name: 'fleet', of: 'minute', by: ['site'], parts }],
  });
  const clock = new VirtualClock();
  const random = createRandom('rollup-parts');
  const lanes: DynamoDbEventRecord[][] = Array.from({ length: shards }, () => []);
  let changes = 0;
  const take = (change: TableChange) => {
    changes += 1;
    const lane = lanes[shardOf(textOf(change.keys, SOURCES_TABLE.partitionKey) ?? '', shards)];
    lane?.push(changeRecord(change, sequenceOf(changes)));
  };
  const deadLetters = new DeadLetters(new MemoryTable({ partitionKey: 'record', sortKey: 'event' }));
  const windowsTable = new CountingTable(clock);
  const others = {
    pipeline,
    beginnings: new RollupBeginnings(new MemoryTable({ partitionKey: 'series', sortKey: 'window' })),
    deadLetters,
    log: SILENT,
    meter: { publish: () => {} },
    nowMs: () => clock.nowMs(),
  };
  const aggregate = createAggregate({
    ...others,
    shards: shardsInMemory(),
    states: new SourceStates(new MemoryTable({ partitionKey: SOURCES_TABLE.partitionKey }, take)),
  });
  const rollups = lanes.map(() =>
    createRollup({
      ...others,
      windows: new Windows(windowsTable),
      retryPause: (round) => clock.sleep(10 * 2 ** round * random.between(0, 1)),
    }),
  );
  const offsets = lanes.map(() => (atOnce ? 0 : random.integer(0, 900)));
  for (let second = 0; second < SECONDS; second += 1) {
    const nowMs = clock.nowMs();
    const records = Array.from({ length: SOURCES }, (_, at) =>
      kinesisRecord({
        sequence: sequenceOf(second * SOURCES + at),
        arrivalMs: nowMs,
        data: { source: `s${at}`, time: nowMs, values: { t: (at * 7 + second) % 50 }, tags: { site: 'one' } },
      }),
    );
    await aggregate({ Records: records });
    const work = rollups.map(async (rollup, at) => {
      const batch = lanes[at]?.splice(0) ?? [];
      await clock.sleep(offsets[at] ?? 0);
      const { batchItemFailures } = await rollup({ Records: batch });
      if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} changes failed`);
    });
    await clock.run(Promise.all(work));
    await clock.advance(Math.max(0, nowMs + 1_000 - clock.nowMs()));
  }
  return windowsTable.outcome();
}

/** Which shard of the changelog tells of a source: by another hash than its part of a rollup window. */
function shardOf(source: string, shards: number): number {
  return createHash('md5').update(source).digest().readUInt32BE() % shards;
}

class CountingTable implements Table {
  readonly #clock: VirtualClock;
  readonly #inner = new MemoryTable({
    partitionKey: WINDOWS_TABLE.partitionKey,
    sortKey: WINDOWS_TABLE.sortKey,
  });
  readonly #writesByKey = new Map<string, number>();
  #refused = 0;
  #largest = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async getMany(keys: Parameters<Table['getMany']>[0]) {
    await this.#clock.sleep(CALL_MS);
    return await this.#inner.getMany(keys);
  }

  async commit(writes: readonly VersionedWrite[]) {
    await this.#clock.sleep(CALL_MS);
    const outcomes = await this.#inner.commit(writes);
    for (const [at, { key, attributes }] of writes.entries()) {
      const name = JSON.stringify(key);
      this.#writesByKey.set(name, (this.#writesByKey.get(name) ?? 0) + 1);
      if (outcomes[at]?.kind === 'refused') this.#refused += 1;
      const state = attributes['state'];
      if (state !== undefined && 'B' in state) this.#largest = Math.max(this.#largest, state.B.length);
    }
    return outcomes;
  }

  putMany(items: Parameters<Table['putMany']>[0]) {
    return this.#inner.putMany(items);
  }

  deleteMany(keys: Parameters<Table['deleteMany']>[0]) {
    return this.#inner.deleteMany(keys);
  }

  scanPage(request: Parameters<Table['scanPage']>[0]) {
    return this.#inner.scanPage(request);
  }

  query(query: Parameters<Table['query']>[0]) {
    return this.#inner.query(query);
  }

  scan() {
    return this.#inner.scan();
  }

  outcome(): Outcome {
    const counts = [...this.#writesByKey.values()];
    return {
      writes: counts.reduce((sum, count) => sum + count, 0),
      refused: this.#refused,
      busiest: Math.max(...counts),
      largestBytes: this.#largest,
    };
  }
}

process.stdout.write(
  `One rollup window fed by ${SOURCES} sources, an event a second each, for ${SECONDS} s; a batch a second and changelog shard.\n\n`,
);
process.stdout.write(
  'parts  shards  batches come   writes/s  refused/s  busiest item, writes/s  largest item, bytes\n',
);
for (const parts of [1, 4, 16]) {
  for (const shards of [1, 4, 16]) {
    for (const atOnce of shards === 1 ? [true] : [true, false]) {
      const { writes, refused, busiest, largestBytes } = await run({ parts, shards, atOnce });
      const cells = [
        String(parts).padEnd(5),
        String(shards).padEnd(6),
        (atOnce ? 'at one moment' : 'spread').padEnd(13),
        (writes / SECONDS).toFixed(1).padEnd(8),
        (refused / SECONDS).toFixed(1).padEnd(9),
        (busiest / SECONDS).toFixed(1).padEnd(22),
        String(largestBytes),
      ];
      process.stdout.write(`${cells.join('  ')}\n`);
    }
  }
}

process.stdout.write(
  '\nOne rollup window that a whole fleet feeds, each source with one event; names of 36 characters, batches of 1,000 changes.\n\n',
);
process.stdout.write(
  'sources    items   largest item, bytes  since the row before: writes a source  CPU a source, µs\n',
);
for await (const step of growFleet([1_000, 10_000, 100_000, 1_000_000])) {
  const cells = [
    step.sources.toLocaleString('en').padEnd(9),
    String(step.items).padEnd(6),
    String(step.largestBytes).padEnd(19),
    step.writesPerSource.toFixed(2).padEnd(37),
    step.microsPerSource.toFixed(0),
  ];
  process.stdout.write(`${cells.join('  ')}\n`);
}
