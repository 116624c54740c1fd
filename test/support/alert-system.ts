// The consumers that alert, on the changelogs that the others left: real handlers, with tables between that may fail and a
// bus that takes some of what it is given, and what was published in the end.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wirePublish } from '../../consumers/publish/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { bucketOf } from '../../src/core/spread.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { type MemoryHostOptions, memoryHost } from '../../src/host/memory-host.ts';
import type { EventBus } from '../../src/platform/event-bus.ts';
import type { TableChange } from '../../src/stores/memory-table.ts';
import { textOf } from '../../src/stores/table.ts';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import type { DynamoDbEventRecord, KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import { changeRecord } from './change-records.ts';
import { Deliverer, type Delivery } from './deliverer.ts';
import { SHARD, sequenceOf } from './event-streams.ts';
import { Faults } from './faults.ts';
import { Observed } from './observed.ts';
import { noShards } from './shards-in-memory.ts';
import type { Stall } from './stall.ts';
import { StoredTables } from './stored-tables.ts';

export class AlertSystem {
  readonly pipeline: Pipeline;
  readonly tables = new StoredTables();
  readonly faults = new Faults();
  readonly observed = new Observed();
  /** Everything the bus took, repeats and all. */
  readonly published: AlertEvent[] = [];

  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline;
  }

  /** Aggregates, closes and rolls up without trouble: the changelogs that alerts are to be made of. */
  async fill(deliveries: readonly Delivery<KinesisEventRecord>[], batchLength: number): Promise<void> {
    const { sources, windows, deadLetters } = this.tables;
    const host = this.#host({ tables: { sources, windows, deadLetters } });
    const aggregate = wireAggregate(host);
    for (let at = 0; at < deliveries.length; at += batchLength) {
      await aggregate({ Records: deliveries.slice(at, at + batchLength).map(({ record }) => record) });
    }
    const context = { getRemainingTimeInMillis: () => 60_000 };
    await wireClose(host)({ closeAll: true }, context);
    const rollup = wireRollup(host);
    const records = this.tables.changes.sources.map((change, at) => changeRecord(change, sequenceOf(at)));
    for (let at = 0; at < records.length; at += batchLength) {
      await rollup({ Records: records.slice(at, at + batchLength) });
    }
  }

  sourcesDeliverer(): Deliverer<DynamoDbEventRecord> {
    return this.#deliverer(this.tables.changes.sources, 'source', (stall) => this.#alert(stall));
  }

  windowsDeliverer(): Deliverer<DynamoDbEventRecord> {
    return this.#deliverer(this.tables.changes.windows, 'series', (stall) => this.#alert(stall));
  }

  publishDeliverer(): Deliverer<DynamoDbEventRecord> {
    const unhurried = { getRemainingTimeInMillis: () => 60_000 };
    const publish = () => {
      const handler = wirePublish(this.#host({ bus: () => this.#bus() }));
      return (event: StreamEvent<DynamoDbEventRecord>) => handler(event, unhurried);
    };
    return this.#deliverer(this.tables.changes.alerts, 'alert', publish);
  }

  /** By id; throws where an id came with something else before. */
  transitions(): ReadonlyMap<string, AlertEvent> {
    const byId = new Map<string, AlertEvent>();
    for (const event of this.published) {
      const known = byId.get(event.id);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(event)) {
        throw new Error(
          `${event.id} was published as ${JSON.stringify(known)} and as ${JSON.stringify(event)}`,
        );
      }
      byId.set(event.id, event);
    }
    return new Map([...byId].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #alert(stall: Stall) {
    const faulty = (name: 'alerts' | 'windows') => this.tables.faulty(name, this.faults, stall);
    return wireAlert(this.#host({ tables: { alerts: faulty('alerts'), windows: faulty('windows') } }));
  }

  #host(given: Partial<MemoryHostOptions>): FunctionHost {
    const { log, meter } = this.observed;
    return memoryHost({ pipeline: this.pipeline, log, meter, setting: () => '', shards: noShards, ...given });
  }

  #bus(): EventBus {
    return {
      put: async (entries) => {
        const fault = this.faults.draw(10);
        if (fault === 9) throw new Error('the bus cannot be reached');
        const answers = entries.map(({ detail }) => {
          const trouble = this.faults.draw(6);
          if (trouble === 5) return 'InternalFailure: try again';
          this.published.push(JSON.parse(detail));
          return trouble === 4 ? 'InternalFailure: taken, and the answer lost' : undefined;
        });
        if (fault === 8) throw new Error('taken, and the answer lost');
        return answers;
      },
    };
  }

  /** In two shards by key. */
  #deliverer(
    changes: readonly TableChange[],
    key: string,
    start: (stall: Stall) => ReturnType<typeof wireAlert>,
  ): Deliverer<DynamoDbEventRecord> {
    const lanes: Delivery<DynamoDbEventRecord>[][] = [[], []];
    for (const [at, change] of changes.entries()) {
      const sequence = sequenceOf(at);
      const lane = lanes[bucketOf(textOf(change.keys, key) ?? '', 2)];
      lane?.push({ shard: SHARD, sequence, record: changeRecord(change, sequence) });
    }
    return new Deliverer(lanes, start);
  }
}
