// All that a function may ask for. A consumer's `wire.ts` makes its handler from one; who runs the function gives it:
// Lambda, a run in memory, the simulation, a test.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import type { EventBus } from '../platform/event-bus.ts';
import type { LivePoster } from '../platform/live-poster.ts';
import type { Log, Meter } from '../platform/observe.ts';
import type { OutgoingStream } from '../platform/outgoing-stream.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import type { Objects } from '../stores/archive/objects.ts';
import type { Table } from '../stores/table.ts';

/**
 * Names are those of the stack (`sources`, `alerts`, …) or a function's own; `VARIABLE` in src/platform/names.ts says which
 * environment variable a construct sets for each.
 *
 * @throws every member that takes a name: an Error that says what is missing, where nothing of that name is given. A
 * wire asks at its start, so that a function that lacks something fails before its first event. Members need no `this`.
 * @example
 * // consumers/mine/wire.ts
 * export const wire = (host: Pick<FunctionHost, 'table' | 'log'>) =>
 *   createMine({ windows: new Windows(host.table('windows')), log: host.log });
 */
export interface FunctionHost {
  readonly pipeline: Pipeline;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  /** What the function has of memory, as the stack gives it: what it keeps between invocations is a share of it. */
  readonly memoryMb: () => number;
  /** From 0 up to 1, 1 excluded. */
  readonly random: () => number;
  /** A DynamoDB table; with a generation, that one's. */
  readonly table: (name: string, generation?: string) => Table;
  /** An S3 bucket. */
  readonly objects: (name: string) => Objects;
  /** The shards of a Kinesis stream, by its ARN. */
  readonly shards: (arn: string) => ShardedStream;
  /** An EventBridge bus. */
  readonly bus: (name: string) => EventBus;
  /** A Kinesis stream to put records into. */
  readonly stream: (name: string) => OutgoingStream;
  /** A secret's text, read again with each call. */
  readonly secret: (name: string) => () => Promise<string>;
  /** Posts to the connections of a WebSocket API. */
  readonly poster: (name: string) => LivePoster;
  /** A text that the stack sets. */
  readonly setting: (name: string) => string;
  /** A text that the stack may set; undefined: it does not. */
  readonly option: (name: string) => string | undefined;
}

/** What of Lambda's context a handler may look at. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}
