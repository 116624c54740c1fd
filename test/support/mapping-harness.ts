// A mapping between a stream in memory and a function written in the test, over the test driver: handlers say what became
// of an invocation, and records are told apart by their texts.
import type { ShardId } from '../../src/core/brands.ts';
import type { RunningMapping } from '../../src/event-source/event-source-mapping.ts';
import type { MappingDeps } from '../../src/event-source/mapping-deps.ts';
import type { MappingEvent } from '../../src/event-source/mapping-events.ts';
import type { MemoryStream, MemoryStreamOptions, Placement } from '../../src/event-source/memory-stream.ts';
import type {
  DiscardedBatch,
  InvokeOutcome,
  StreamKind,
  StreamSource,
} from '../../src/event-source/ports.ts';
import {
  createMappingTest,
  type MappingTest,
  type MappingTestEvent,
  outcome,
} from '../../src/event-source/test-driver.ts';
import type { StreamEventRecord } from '../../src/wire/stream-records.ts';

export interface Invocation {
  readonly atMs: number;
  readonly event: MappingTestEvent;
  readonly sequences: readonly string[];
  /** What was put. */
  readonly texts: readonly string[];
}

type Handler = (invocation: Invocation, index: number) => InvokeOutcome | Promise<InvokeOutcome>;

export interface HarnessOptions {
  readonly kind?: StreamKind;
  readonly shards?: number;
  readonly retentionMs?: number;
  readonly stream?: Partial<Omit<MemoryStreamOptions, 'kind' | 'clock' | 'shards'>>;
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
  readonly invocations: Invocation[] = [];
  handler: Handler;
  readonly #test: MappingTest;

  constructor({ handler = () => success, retentionMs, stream, ...options }: HarnessOptions = {}) {
    this.handler = handler;
    const retention = retentionMs === undefined ? {} : { retentionMs };
    this.#test = createMappingTest({
      ...options,
      stream: { ...stream, ...retention },
      // Whatever the properties say: the tests of destinations have their own.
      deps: { destination: { deliver: async () => {} }, ...options.deps },
      handler: (event) => this.#handle(event),
    });
  }

  get clock() {
    return this.#test.clock;
  }

  get stream() {
    return this.#test.stream;
  }

  get discarded(): readonly DiscardedBatch[] {
    return this.#test.discarded;
  }

  get events(): readonly MappingEvent[] {
    return this.#test.events;
  }

  metrics() {
    return this.#test.metrics();
  }

  start(overrides: Readonly<Record<string, unknown>> = {}): RunningMapping {
    return this.#test.start(overrides);
  }

  /** Starts, lets time pass until all that was put is handled, and stops. */
  async runToEnd(): Promise<void> {
    const mapping = this.start();
    await this.clock.run(mapping.caughtUp());
    await this.clock.run(mapping.stop({ invocation: 'finish' }));
  }

  put(text: string, key = 'key'): Placement {
    if (this.stream.kind === 'kinesis') return this.stream.putData(key, text);
    const newImage = { pk: { S: key }, text: { S: text } };
    const placement = this.#test.change({ keys: { pk: { S: key } }, newImage });
    if (placement === undefined) throw new Error('an insert is a change');
    return placement;
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

  async #handle(event: MappingTestEvent): Promise<unknown> {
    const invocation = {
      atMs: this.clock.nowMs(),
      event,
      sequences: event.Records.map(sequenceOf),
      texts: event.Records.map(textOf),
    };
    this.invocations.push(invocation);
    return outcome(await this.handler(invocation, this.invocations.length - 1));
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
