// A mapping between a stream in memory and a function written in the test, under a virtual clock: feed, advance, read out.

import type { ShardId } from '../../src/core/brands.ts';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import { type RunningMapping, startEventSourceMapping } from '../../src/event-source/event-source-mapping.ts';
import type { MappingDeps } from '../../src/event-source/mapping-deps.ts';
import type { MappingEvent } from '../../src/event-source/mapping-events.ts';
import { parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import { MemoryStream, type Placement } from '../../src/event-source/memory-stream.ts';
import type {
  DiscardedBatch,
  InvokeOutcome,
  StreamKind,
  StreamSource,
  WindowFields,
} from '../../src/event-source/ports.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import type { DynamoDbEventRecord, StreamEvent, StreamEventRecord } from '../../src/wire/stream-records.ts';

export interface Invocation {
  readonly atMs: number;
  /** With the fields of a tumbling window, where the mapping has such. */
  readonly event: StreamEvent & Partial<WindowFields>;
  readonly sequences: readonly string[];
  /** What was put. */
  readonly texts: readonly string[];
}

type Handler = (invocation: Invocation, index: number) => InvokeOutcome | Promise<InvokeOutcome>;

export interface HarnessOptions {
  readonly kind?: StreamKind;
  readonly shards?: number;
  readonly retentionMs?: number;
  /** Properties of the template; StartingPosition is TRIM_HORIZON unless given. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly handler?: Handler;
  readonly deps?: Partial<MappingDeps>;
  /** Stands between the mapping and the stream in memory. */
  readonly source?: (stream: MemoryStream) => StreamSource;
}

export const success: InvokeOutcome = { kind: 'returned', payload: 'null' };
export const thrown: InvokeOutcome = { kind: 'function-error', errorType: 'Error', message: 'boom' };
export const throttled: InvokeOutcome = {
  kind: 'not-invoked',
  reason: 'throttled',
  message: 'rate exceeded',
};
export const returned = (response: unknown): InvokeOutcome => ({
  kind: 'returned',
  payload: JSON.stringify(response),
});
export const failedItems = (...sequences: readonly unknown[]): InvokeOutcome =>
  returned({ batchItemFailures: sequences.map((itemIdentifier) => ({ itemIdentifier })) });

export class MappingHarness {
  readonly clock = new VirtualClock();
  readonly stream: MemoryStream;
  readonly invocations: Invocation[] = [];
  readonly discarded: DiscardedBatch[] = [];
  readonly events: MappingEvent[] = [];
  handler: Handler;
  readonly #options: HarnessOptions;
  readonly #deps: MappingDeps;

  constructor(options: HarnessOptions = {}) {
    const { kind = 'kinesis', shards = 1, retentionMs, handler = () => success } = options;
    this.#options = options;
    this.handler = handler;
    const retention = retentionMs === undefined ? {} : { retentionMs };
    this.stream = new MemoryStream({ kind, shards, clock: this.clock, ...retention });
    this.#deps = {
      name: 'mapping',
      stream: options.source?.(this.stream) ?? this.stream,
      invoker: { invoke: (payload) => this.#invoke(payload) },
      checkpoints: createMemoryCheckpoints(),
      destination: { deliver: async (batch) => void this.discarded.push(batch) },
      clock: this.clock,
      random: () => 0,
      observe: (event) => void this.events.push(event),
      backoff: exponentialBackoff({ jitter: 0 }),
      polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: 1_000 },
      ...options.deps,
    };
  }

  start(overrides: Readonly<Record<string, unknown>> = {}): RunningMapping {
    const { kind = 'kinesis', properties = {} } = this.#options;
    const parameters = parseMappingParameters(
      { StartingPosition: 'TRIM_HORIZON', ...properties, ...overrides },
      { kind, nowMs: this.clock.nowMs(), where: 'test', answers: this.#deps.answers ?? {} },
    );
    return startEventSourceMapping(parameters, this.#deps);
  }

  /** Starts, lets time pass until all that was put is handled, and stops. */
  async runToEnd(): Promise<void> {
    const mapping = this.start();
    await this.clock.run(mapping.caughtUp());
    await this.clock.run(mapping.stop({ invocation: 'finish' }));
  }

  put(text: string, key = 'key'): Placement {
    if (this.stream.kind === 'kinesis') return this.stream.putData(key, text);
    return this.stream.put(key, (placement) => change(placement, { key, text, arn: this.stream.arn }));
  }

  putAll(texts: readonly string[], key = 'key'): readonly Placement[] {
    return texts.map((text) => this.put(text, key));
  }

  /** The texts of each invocation. */
  get batches(): readonly (readonly string[])[] {
    return this.invocations.map(({ texts }) => texts);
  }

  eventsOf<K extends MappingEvent['kind']>(kind: K): readonly Extract<MappingEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<MappingEvent, { kind: K }> => event.kind === kind);
  }

  shardIds(): readonly ShardId[] {
    return this.eventsOf('shard-started').map(({ shard }) => shard);
  }

  async #invoke(payload: string): Promise<InvokeOutcome> {
    const event: StreamEvent = JSON.parse(payload);
    const invocation = {
      atMs: this.clock.nowMs(),
      event,
      sequences: event.Records.map(sequenceOf),
      texts: event.Records.map(textOf),
    };
    this.invocations.push(invocation);
    return this.handler(invocation, this.invocations.length - 1);
  }
}

/** `a1` to `a<count>` for the prefix `a`. */
export function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

function sequenceOf(record: StreamEventRecord): string {
  return 'kinesis' in record ? record.kinesis.sequenceNumber : record.dynamodb.SequenceNumber;
}

function textOf(record: StreamEventRecord): string {
  if ('kinesis' in record) return Buffer.from(record.kinesis.data, 'base64').toString();
  return record.dynamodb.NewImage?.['text']?.S ?? '';
}

interface Change {
  readonly key: string;
  readonly text: string;
  readonly arn: string;
}

function change(placement: Placement, { key, text, arn }: Change): DynamoDbEventRecord {
  return {
    eventID: placement.sequence,
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(placement.arrivalMs / 1_000),
      Keys: { pk: { S: key } },
      NewImage: { pk: { S: key }, text: { S: text } },
      SequenceNumber: placement.sequence,
      SizeBytes: 2 * text.length,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: arn,
  };
}
