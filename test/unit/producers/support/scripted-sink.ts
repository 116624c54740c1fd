// A stream in memory that does to each call what its script says, and watches the client's promises meanwhile.
import { gunzipSync } from 'node:zlib';
import {
  PutRecordsError,
  type RecordResult,
  type RecordSink,
} from '../../../../producers/client/record-sink.ts';
import type { Clock } from '../../../../src/platform/clock.ts';

/** What happens to a call: per record, to the whole, or to the answer after the records are stored. */
export type Fate =
  | { readonly kind: 'answer'; readonly refuse: (partitionKey: string, index: number) => boolean }
  | { readonly kind: 'fail'; readonly error: Error }
  /** The records are stored, the answer is not heard of. */
  | { readonly kind: 'lose-answer'; readonly how: 'reset' | 'silence' };

export const ALL_STORED: Fate = { kind: 'answer', refuse: () => false };

export interface StoredEvent {
  readonly source: string;
  readonly [field: string]: unknown;
}

export class ScriptedSink implements RecordSink {
  /** Events in stream order, repeats included. */
  readonly stored: StoredEvent[] = [];
  /** Partition keys of each call, in order. */
  readonly calls: string[][] = [];
  readonly data: Uint8Array[] = [];
  /** Broken promises, in words. */
  readonly violations: string[] = [];
  maxCallsAtOnce = 0;
  readonly #clock: Clock;
  readonly #next: (call: number) => Fate;
  readonly #latencyMs: (call: number) => number;
  readonly #inFlight = new Set<string>();
  #callsNow = 0;

  constructor(clock: Clock, next: (call: number) => Fate, latencyMs: (call: number) => number = () => 5) {
    this.#clock = clock;
    this.#next = next;
    this.#latencyMs = latencyMs;
  }

  async putRecords(
    { records }: Parameters<RecordSink['putRecords']>[0],
    signal: AbortSignal,
  ): Promise<readonly RecordResult[]> {
    const call = this.calls.length;
    this.calls.push(records.map((record) => record.partitionKey));
    const keys = records.map((record) => record.partitionKey);
    for (const key of keys) {
      if (this.#inFlight.has(key)) this.violations.push(`two records of ${key} in flight`);
      this.#inFlight.add(key);
    }
    if (records.length > 500) this.violations.push(`${records.length} records in a call`);
    const bytes = records.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0);
    if (bytes > 5 * 1024 * 1024) this.violations.push(`${bytes} bytes in a call`);
    this.#callsNow++;
    this.maxCallsAtOnce = Math.max(this.maxCallsAtOnce, this.#callsNow);
    try {
      await this.#clock.sleep(this.#latencyMs(call), signal);
      const fate = this.#next(call);
      if (fate.kind === 'fail') throw fate.error;
      const results = records.map(({ partitionKey, data }, i): RecordResult => {
        if (fate.kind === 'answer' && fate.refuse(partitionKey, i)) {
          return { kind: 'refused', code: 'ProvisionedThroughputExceededException', message: 'slow down' };
        }
        this.data.push(data);
        this.stored.push(...eventsOf(data));
        return { kind: 'stored' };
      });
      if (fate.kind === 'answer') return results;
      if (fate.how === 'reset') {
        throw new PutRecordsError('socket hang up', { code: 'ECONNRESET', failure: 'transient' });
      }
      await new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted'))),
      );
      return results;
    } finally {
      this.#callsNow--;
      for (const key of keys) this.#inFlight.delete(key);
    }
  }

  /** Values of a field, in the order the source's events first reached the stream. */
  firsts(source: string, field = 'n'): unknown[] {
    return [...new Set(this.stored.filter((event) => event.source === source).map((event) => event[field]))];
  }
}

function eventsOf(data: Uint8Array): StoredEvent[] {
  const plain = data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data;
  const record = JSON.parse(Buffer.from(plain).toString()) as { source: string; events: object[] };
  return record.events.map((event) => ({ source: record.source, ...event }));
}
