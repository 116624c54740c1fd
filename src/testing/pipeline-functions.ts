// The pipeline's functions over given tables: a container is what one start of a function keeps between invocations.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { readUpTo } from '../../consumers/close/read-up-to.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wirePublish } from '../../consumers/publish/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { FunctionHost, InvocationContext } from '../host/function-host.ts';
import { memoryHost } from '../host/memory-host.ts';
import type { Clock } from '../platform/clock.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { TELEMETRY_STREAMS } from '../platform/names.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import { StreamProgress } from '../stores/stream-progress.ts';
import type { Table } from '../stores/table.ts';
import type { PipelineTable } from '../stores/table-schemas.ts';

export type StreamFunction = 'aggregate' | 'rollup' | 'alert' | 'publish';

export interface FunctionSurroundings {
  readonly pipeline: Pipeline;
  readonly table: (name: PipelineTable) => Table;
  /** Holds the series of rollups, and how far the stream has been read. */
  readonly readers: Table;
  readonly telemetry: ShardedStream;
  readonly bus: EventBus;
  readonly clock: Clock;
  /** Gets what a function logs as an error. */
  readonly onError: (message: string) => void;
}

/** What the mapping makes of its records is of the form that the function takes. */
const STREAM_WIRES = {
  aggregate: wireAggregate,
  rollup: wireRollup,
  alert: wireAlert,
  publish: wirePublish,
} satisfies Record<
  StreamFunction,
  (host: FunctionHost) => (event: never, context: InvocationContext) => Promise<unknown>
>;

/** Starts a container. The event is JSON. */
export function startStreamFunction(
  name: StreamFunction,
  surroundings: FunctionSurroundings,
): (payload: string) => Promise<unknown> {
  const handler: (event: never, context: InvocationContext) => Promise<unknown> = STREAM_WIRES[name](
    hostOf(surroundings),
  );
  return (payload) => handler(JSON.parse(payload) as never, UNHURRIED);
}

export interface ScheduledAnswer {
  readonly finished: boolean;
  readonly failed: number;
  readonly refused: number;
}

export async function runClose(
  surroundings: FunctionSurroundings,
  request: { readonly closeAll?: boolean },
): Promise<ScheduledAnswer> {
  return await wireClose(hostOf(surroundings))(request, UNHURRIED);
}

/** Finds up to when the stream has been read, for those who judge by it. */
export async function noteReadUpTo(surroundings: FunctionSurroundings): Promise<void> {
  const { log } = hostOf(surroundings);
  const { telemetry, readers } = surroundings;
  await readUpTo({ streams: [telemetry], progress: new StreamProgress(readers), log });
}

export async function runAlertClock(surroundings: FunctionSurroundings): Promise<ScheduledAnswer> {
  return await wireAlertClock(hostOf(surroundings))({}, UNHURRIED);
}

/** No time passes while a function runs. */
const UNHURRIED = { getRemainingTimeInMillis: () => 900_000 };

function hostOf(surroundings: FunctionSurroundings): FunctionHost {
  const { pipeline, table, readers, telemetry, bus, clock, onError } = surroundings;
  const others = memoryHost({
    pipeline,
    clock: { nowMs: () => clock.nowMs(), sleep: async () => {} },
    tables: { readers },
    shards: () => telemetry,
    setting: (name) => (name === TELEMETRY_STREAMS ? telemetry.arn : ''),
    bus: () => bus,
    log: {
      info: () => {},
      warn: () => {},
      error: (message, fields) => onError(`${message} ${JSON.stringify(fields)}`),
    },
  });
  return { ...others, table: (name) => (isOfPipeline(name) ? table(name) : others.table(name)) };
}

function isOfPipeline(name: string): name is PipelineTable {
  return ['sources', 'windows', 'deadLetters', 'alerts'].includes(name);
}
