// An event source mapping for the tests of a handler: put records, let time pass, read what became of them. Nothing here
// knows a test framework, and no time passes but by `advance` and `caughtUp`.

import { exponentialBackoff } from './backoff.ts';
import type { EpochMs, ShardId } from './brands.ts';
import { type RunningMapping, startEventSourceMapping } from './event-source-mapping.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingEvent } from './mapping-events.ts';
import { type MappingMetrics, MetricsCollector } from './mapping-metrics.ts';
import { parseMappingParameters } from './mapping-parameters.ts';
import { createChangelog, type ItemChange } from './memory-changelog.ts';
import { createMemoryCheckpoints } from './memory-checkpoints.ts';
import { MemoryStream, type MemoryStreamOptions, type Placement } from './memory-stream.ts';
import type {
  DiscardedBatch,
  FailureDestination,
  InvokeOutcome,
  StreamRecord,
  StreamSource,
  WindowFields,
} from './ports.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';
import type { StreamEvent, StreamEventRecord } from './stream-records.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The function's event, as Lambda passes it; the window fields are there only with TumblingWindowInSeconds. */
export type MappingTestEvent = StreamEvent & Partial<WindowFields>;

export interface MappingTestOptions {
  /** A Lambda handler: what it returns is its response, what it throws a function error. */
  readonly handler: (event: MappingTestEvent) => unknown;
  /** Properties of AWS::Lambda::EventSourceMapping. Default of StartingPosition: TRIM_HORIZON. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** The service that the stream belongs to; default: kinesis. */
  readonly kind?: 'kinesis' | 'dynamodb';
  /** Number of shards; default: 1. */
  readonly shards?: number;
  readonly stream?: Partial<Omit<MemoryStreamOptions, 'kind' | 'clock' | 'shards'>>;
  /** Time at which the clock starts, ms since the epoch; for recordings, no later than their first arrival. Default: 2026-01-01. */
  readonly startMs?: EpochMs;
  /** Replaces parts of the driver, such as the destination or the backoff. */
  readonly deps?: Partial<MappingDeps>;
  /** Wraps the stream in memory, for tests in which reading fails; the mapping reads what it returns. */
  readonly source?: (stream: MemoryStream) => StreamSource;
}

/** A call of the handler: when, by the virtual clock (ms since the epoch), and with which event. */
export interface TestInvocation {
  readonly atMs: number;
  readonly event: MappingTestEvent;
}

/** A Kinesis record to put: its partition key, and its data. Data that is not text is written as JSON. */
export interface TestRecord {
  readonly key: string;
  readonly data: unknown;
}

/** What `createMappingTest` returns. No time passes but in `advance`, `caughtUp`, `putRecorded` and `stop`. */
export interface MappingTest {
  readonly clock: VirtualClock;
  readonly stream: MemoryStream;
  /** Every call of the handler so far, in order. */
  readonly invocations: readonly TestInvocation[];
  /** Batches that were given up: sent to a destination, if the properties name one, or dropped. */
  readonly discarded: readonly DiscardedBatch[];
  /** Everything that the mapping reports it did, in order. */
  readonly events: readonly MappingEvent[];
  /** Lambda's metrics of the mapping, added up since it was made: `InvokedEventCount`, `DroppedEventCount` and so on. */
  metrics(): MappingMetrics;
  /** Puts records into the stream at the clock's time. @returns where each was put */
  put(...records: readonly TestRecord[]): readonly Placement[];
  /**
   * Recorded records, each in its shard under its own sequence number; time passes to the arrival of each, which it keeps.
   * @throws Error for one that arrived before the clock's time, or is not behind those of its shard
   */
  putRecorded(...records: readonly StreamEventRecord[]): Promise<void>;
  /** Puts a change of an item into a DynamoDB stream. @returns where; undefined for a write that changes nothing */
  change(change: ItemChange): Placement | undefined;
  /** Lets `ms` pass; starts the mapping first unless it is running. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until all records put are handled; starts the mapping first unless it is running. @throws Error if that takes more than 7 days */
  caughtUp(): Promise<void>;
  /** Starts the mapping again, where its checkpoints are; `overrides` replace properties. @throws MappingParametersError */
  start(overrides?: Readonly<Record<string, unknown>>): RunningMapping;
  /** Stops the mapping once running invocations have finished. */
  stop(): Promise<void>;
}

/**
 * A handler behind an event source mapping, a stream in memory and a virtual clock.
 *
 * @param options the handler, and the properties of the mapping as in a CloudFormation template
 * @throws MappingParametersError (when the mapping starts) naming every property that is wrong
 * @example
 * const mapping = createMappingTest({ handler, properties: { BatchSize: 10, MaximumRetryAttempts: 2 } });
 * mapping.put({ key: 'device 1', data: { temperature: 21.5 } });
 * await mapping.caughtUp();
 * console.log(mapping.invocations.length, mapping.discarded, mapping.metrics());
 * await mapping.stop();
 */
export function createMappingTest(options: MappingTestOptions): MappingTest {
  const { kind = 'kinesis', shards = 1 } = options;
  const clock = new VirtualClock(options.startMs);
  const stream = new MemoryStream({ kind, shards, clock, ...options.stream });
  const changelog = createChangelog({ stream });
  const metrics = new MetricsCollector();
  const invocations: TestInvocation[] = [];
  const discarded: DiscardedBatch[] = [];
  const events: MappingEvent[] = [];
  const deps: MappingDeps = {
    name: 'mapping',
    stream: options.source?.(stream) ?? stream,
    invoker: {
      async invoke(payload) {
        const event: MappingTestEvent = JSON.parse(payload);
        invocations.push({ atMs: clock.nowMs(), event });
        return outcomeOf(() => options.handler(event));
      },
    },
    checkpoints: createMemoryCheckpoints(),
    destination: undefined,
    clock,
    random: () => 0,
    backoff: exponentialBackoff({ jitter: 0 }),
    polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: 1_000 },
    ...options.deps,
    observe: (event) => {
      events.push(event);
      if (event.kind === 'discarded') discarded.push(event.batch);
      metrics.take(event);
      options.deps?.observe?.(event);
    },
  };
  let running: RunningMapping | undefined;
  const start = (overrides: Readonly<Record<string, unknown>> = {}): RunningMapping => {
    const properties = { StartingPosition: 'TRIM_HORIZON', ...options.properties, ...overrides };
    const context = { kind, nowMs: clock.nowMs(), where: 'test', answers: deps.answers ?? {} };
    const parameters = parseMappingParameters(properties, context);
    const named = parameters.onFailure === undefined ? undefined : TAKES_ALL;
    running = startEventSourceMapping(parameters, { ...deps, destination: deps.destination ?? named });
    return running;
  };
  return {
    clock,
    stream,
    invocations,
    discarded,
    events,
    start,
    metrics: () => metrics.read(),
    put: (...records) =>
      records.map(({ key, data }) =>
        stream.putData(key, typeof data === 'string' ? data : JSON.stringify(data)),
      ),
    async putRecorded(...records) {
      for (const record of records) {
        const { shard, ...recorded } = recordedRecord(record);
        if (recorded.arrivalMs < clock.nowMs()) throw inThePast(recorded, clock.nowMs());
        await clock.advance(recorded.arrivalMs - clock.nowMs());
        if (!stream.hasShard(shard)) stream.addShard(shard);
        stream.append(shard, recorded);
      }
    },
    change: (change) => changelog.put(change),
    async advance(ms) {
      if (running === undefined) start();
      await clock.advance(ms);
    },
    async caughtUp() {
      await clock.run((running ?? start()).caughtUp());
    },
    async stop() {
      const mapping = running;
      running = undefined;
      if (mapping !== undefined) await clock.run(mapping.stop({ invocation: 'finish' }));
    },
  };
}

/** Where the properties name a destination: what it is given shows in `discarded`. */
const TAKES_ALL: FailureDestination = { deliver: async () => {} };

/** Records of tables do not tell their shard. */
const TABLE_SHARD = 'shardId-000000000000';

function recordedRecord(record: StreamEventRecord): StreamRecord & { readonly shard: ShardId } {
  if ('kinesis' in record) {
    const { sequenceNumber: sequence, approximateArrivalTimestamp } = record.kinesis;
    const [shard] = record.eventID.split(':');
    const arrivalMs = Math.round(approximateArrivalTimestamp * 1_000);
    return { shard: shardId(shard), sequence: sequenceNumber(sequence), arrivalMs, record };
  }
  const { SequenceNumber, ApproximateCreationDateTime } = record.dynamodb;
  const arrivalMs = Math.round(ApproximateCreationDateTime * 1_000);
  return { shard: shardId(TABLE_SHARD), sequence: sequenceNumber(SequenceNumber), arrivalMs, record };
}

function inThePast({ sequence, arrivalMs }: StreamRecord, nowMs: EpochMs): Error {
  const found = `record ${sequence} arrived at ${new Date(arrivalMs).toISOString()}`;
  return new Error(
    `${found}, expected no earlier than the clock's ${new Date(nowMs).toISOString()} (see startMs)`,
  );
}

/** Lambda's limit on a synchronous invocation's answer, in bytes. */
const MAX_ANSWER_BYTES = 6 * 1024 * 1024 + 100;

/** What Lambda makes of a handler's end. A handler may also say itself what is to have happened: see `outcome`. */
async function outcomeOf(call: () => unknown): Promise<InvokeOutcome> {
  try {
    const response = await call();
    if (response instanceof GivenOutcome) return response.outcome;
    const payload = JSON.stringify(response) ?? 'null';
    if (Buffer.byteLength(payload) <= MAX_ANSWER_BYTES) return { kind: 'returned', payload };
    const message = `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`;
    return { kind: 'function-error', errorType: 'Function.ResponseSizeTooLarge', message };
  } catch (error) {
    const [errorType, message] =
      error instanceof Error ? [error.name, error.message] : ['Error', String(error)];
    return { kind: 'function-error', errorType, message };
  }
}

class GivenOutcome {
  readonly outcome: InvokeOutcome;

  constructor(outcome: InvokeOutcome) {
    this.outcome = outcome;
  }
}

/**
 * For a handler to return: an outcome that no handler can bring about, such as a throttle.
 *
 * @example const handler = () => outcome({ kind: 'not-invoked', reason: 'throttled', message: 'Rate exceeded' });
 */
export function outcome(given: InvokeOutcome): unknown {
  return new GivenOutcome(given);
}
