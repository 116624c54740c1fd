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

/** The function's event; its window fields are there with TumblingWindowInSeconds alone. */
export type MappingTestEvent = StreamEvent & Partial<WindowFields>;

export interface MappingTestOptions {
  /** A Lambda handler: what it returns is its response, what it throws a function error. */
  readonly handler: (event: MappingTestEvent) => unknown;
  /** As of AWS::Lambda::EventSourceMapping. StartingPosition is TRIM_HORIZON unless given. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Default: kinesis. */
  readonly kind?: 'kinesis' | 'dynamodb';
  /** Default: 1. */
  readonly shards?: number;
  readonly stream?: Partial<Omit<MemoryStreamOptions, 'kind' | 'clock' | 'shards'>>;
  /** What the clock says first, ms since the epoch; for recordings a moment no later than their first arrival. Default: 2026-01-01. */
  readonly startMs?: EpochMs;
  /** In place of what the driver brings. */
  readonly deps?: Partial<MappingDeps>;
  /** Stands between the mapping and the stream in memory. */
  readonly source?: (stream: MemoryStream) => StreamSource;
}

export interface TestInvocation {
  readonly atMs: number;
  readonly event: MappingTestEvent;
}

/** A Kinesis record; data that is not text goes in as JSON. */
export interface TestRecord {
  readonly key: string;
  readonly data: unknown;
}

export interface MappingTest {
  readonly clock: VirtualClock;
  readonly stream: MemoryStream;
  readonly invocations: readonly TestInvocation[];
  /** What was given up, whether a destination got it (where the properties name one) or it was dropped. */
  readonly discarded: readonly DiscardedBatch[];
  readonly events: readonly MappingEvent[];
  metrics(): MappingMetrics;
  put(...records: readonly TestRecord[]): readonly Placement[];
  /**
   * Recorded records, each in its shard under its own sequence number; time passes to the arrival of each, which it keeps.
   * @throws Error for one that arrived before the clock's time, or is not behind those of its shard
   */
  putRecorded(...records: readonly StreamEventRecord[]): Promise<void>;
  /** To a DynamoDB stream; undefined for a change that changes nothing. */
  change(change: ItemChange): Placement | undefined;
  /** Starts the mapping unless it runs, and lets time pass. */
  advance(ms: number): Promise<void>;
  /** Starts the mapping unless it runs, and lets time pass until all that was put is handled. */
  caughtUp(): Promise<void>;
  /** Starts the mapping, by default with the same properties: its checkpoints are kept. */
  start(overrides?: Readonly<Record<string, unknown>>): RunningMapping;
  /** Lets what is being invoked finish. */
  stop(): Promise<void>;
}

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

/** For a handler to return: an end that no handler can bring about, such as a throttle. */
export function outcome(given: InvokeOutcome): unknown {
  return new GivenOutcome(given);
}
