// The functions as they run beside each other, without trouble: five seconds’ arrivals as a batch, what changed handed on at
// once, and the schedules every minute, all on tables in memory and by the arrivals' own clock.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wirePublish } from '../../consumers/publish/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { SimulatedArrival } from '../../producers/simulators/simulation.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from './change-records.ts';
import { SHARD, sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';
import { Observed } from './observed.ts';
import { readUpToIs } from './read-up-to.ts';
import { noShards } from './shards-in-memory.ts';
import { StoredTables } from './stored-tables.ts';

export interface PublishedAlert extends AlertEvent {
  readonly atMs: number;
}

const BATCH_MS = 5_000;
const SCHEDULE_MS = 60_000;

/** What is published while the arrivals, in order, come in. */
export async function alertsWhile(
  arrivals: Iterable<SimulatedArrival>,
  pipeline: Pipeline,
): Promise<readonly PublishedAlert[]> {
  const system = new LiveSystem(pipeline);
  let batch: SimulatedArrival[] = [];
  for (const arrival of arrivals) {
    const first = batch[0];
    if (first !== undefined && arrival.atMs >= first.atMs + BATCH_MS) {
      await system.take(batch);
      batch = [];
    }
    batch.push(arrival);
  }
  await system.take(batch);
  return system.published;
}

class LiveSystem {
  readonly published: PublishedAlert[] = [];
  readonly #tables = new StoredTables();
  readonly #readers = new MemoryTable(TABLE_SCHEMAS.readers);
  readonly #handlers;
  readonly #read = { sources: 0, windows: 0, alerts: 0 };
  #nowMs = 0;
  #scheduledMs = 0;
  #records = 0;

  constructor(pipeline: Pipeline) {
    const { log, meter } = new Observed();
    const { sources, windows, deadLetters, alerts } = this.#tables;
    const bus = {
      put: async (entries: readonly { readonly detail: string }[]) =>
        entries.map(({ detail }) => {
          this.published.push({ ...JSON.parse(detail), atMs: this.#nowMs });
          return undefined;
        }),
    };
    const host = memoryHost({
      shards: noShards,
      pipeline,
      log,
      meter,
      clock: { nowMs: () => this.#nowMs, sleep: async () => {} },
      tables: { sources, windows, deadLetters, alerts, readers: this.#readers },
      // What a batch brings is read at once: the moment of the run is that of the latest arrival.
      setting: () => '',
      bus: () => bus,
    });
    this.#handlers = {
      aggregate: wireAggregate(host),
      rollup: wireRollup(host),
      close: wireClose(host),
      alert: wireAlert(host),
      alertClock: wireAlertClock(host),
      publish: wirePublish(host),
    };
  }

  async take(arrivals: readonly SimulatedArrival[]): Promise<void> {
    const { aggregate, close, alertClock } = this.#handlers;
    this.#nowMs = arrivals.at(-1)?.atMs ?? this.#nowMs;
    const records = arrivals.map(({ atMs, event }) =>
      kinesisRecord({
        shard: SHARD,
        sequence: sequenceOf(++this.#records),
        arrivalMs: atMs,
        data: JSON.stringify(event),
      }),
    );
    await aggregate({ Records: records });
    if (this.#nowMs >= this.#scheduledMs + SCHEDULE_MS) {
      this.#scheduledMs = this.#nowMs;
      await readUpToIs(this.#nowMs, this.#readers);
      await close({}, UNHURRIED);
      await alertClock({}, UNHURRIED);
    }
    await this.#handOn();
  }

  async #handOn(): Promise<void> {
    const { rollup, alert, publish } = this.#handlers;
    const sources = this.#changesOf('sources');
    await rollup({ Records: sources });
    await alert({ Records: sources });
    await alert({ Records: this.#changesOf('windows') });
    await publish({ Records: this.#changesOf('alerts') }, UNHURRIED);
  }

  /** Since they were asked for last. */
  #changesOf(table: 'sources' | 'windows' | 'alerts'): readonly DynamoDbEventRecord[] {
    const changes: TableChange[] = this.#tables.changes[table];
    const from = this.#read[table];
    this.#read[table] = changes.length;
    return changes.slice(from).map((change, at) => changeRecord(change, sequenceOf(from + at)));
  }
}

const UNHURRIED = { getRemainingTimeInMillis: () => 60_000 };
