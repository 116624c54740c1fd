// What a container of the simulation offers its function: tables and a bus whose calls go wrong as planned.
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import type { FunctionHost } from '../host/function-host.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { ARCHIVED_STREAMS, TELEMETRY_STREAMS } from '../platform/names.ts';
import type { Counts } from '../platform/observe.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import type { Table } from '../stores/table.ts';
import type { Invocation } from './invocation.ts';
import type { PoisonedSources } from './poisoned-sources.ts';
import type { SimulatedTables } from './simulated-tables.ts';
import { TroubledTable } from './troubled-table.ts';
import { writtenBy } from './written-by.ts';

export interface SimulatedHostDeps {
  readonly pipeline: Pipeline;
  readonly memoryMb: number;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly tables: SimulatedTables;
  readonly poisoned: Pick<PoisonedSources, 'refusing' | 'inParts'>;
  /** Where it stands who writes. */
  readonly writer: AsyncLocalStorage<Pipeline>;
  readonly telemetry: ShardedStream;
  readonly bus: EventBus;
  readonly onCounts: (counts: Counts) => void;
}

/** `invocation`: the one that the container is at. */
export function simulatedHost(invocation: () => Invocation, deps: SimulatedHostDeps): FunctionHost {
  const { pipeline, clock, random, tables } = deps;
  const note = (message: string, fields: object) => {
    invocation().note(() => `${message} ${JSON.stringify(fields)}`);
  };
  return {
    pipeline,
    clock,
    memoryMb: () => deps.memoryMb,
    random,
    log: { info: note, warn: note, error: note },
    meter: { publish: deps.onCounts },
    table: (name) => {
      const table = poisonedTable(name, tables.get(name), deps.poisoned);
      return new TroubledTable(
        writtenBy(table, (write) => deps.writer.run(pipeline, write)),
        {
          invocation,
          isOut: () => tables.isOut(name, clock.nowMs()),
          isThrottled: () => tables.isThrottled(name, clock.nowMs()),
          previousImage: (key) => tables.previousImage(name, key),
        },
      );
    },
    shards: () => deps.telemetry,
    bus: () => deps.bus,
    objects: absent('bucket'),
    secret: absent('secret'),
    poster: absent('poster'),
    setting: (name) => (name === TELEMETRY_STREAMS ? deps.telemetry.arn : absent('setting')(name)),
    stream: absent('stream'),
    option: (name) => (name === ARCHIVED_STREAMS ? deps.telemetry.arn : undefined),
  };
}

function poisonedTable(name: string, table: Table, poisoned: SimulatedHostDeps['poisoned']): Table {
  if (name === 'sources') return poisoned.refusing(table);
  return name === 'deadLetters' ? poisoned.inParts(table) : table;
}

function absent(kind: string): (name: string) => never {
  return (name) => {
    throw new Error(`the simulation has no ${kind} ${name}`);
  };
}
