// Gathers the records of a shard or a lane into batches: by size, by window, by payload (section 1 and rule 10).
import { Buffer } from 'node:buffer';
import type { EpochMs } from './brands.ts';
import type { StreamRecord, WindowFields } from './ports.ts';

/** A record with its JSON, made once: it is measured, and sent again on every retry. */
export interface BatchRecord extends StreamRecord {
  readonly json: string;
  readonly bytes: number;
  /** Start of its tumbling window, where the mapping has such. */
  readonly windowStartMs?: EpochMs;
}

export function batchRecord(record: StreamRecord, windowStartMs?: EpochMs): BatchRecord {
  const json = JSON.stringify(record.record);
  const window = windowStartMs === undefined ? {} : { windowStartMs };
  return { ...record, json, bytes: Buffer.byteLength(json), ...window };
}

/** Lambda's limit on a synchronous invocation's payload. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const HEAD = '{"Records":[';
const TAIL = ']}';
const ENVELOPE_BYTES = HEAD.length + TAIL.length;

/** The function's event, as JSON; `window` are its fields beside the records. */
export function payloadOf(records: readonly BatchRecord[], window?: WindowFields): string {
  const list = HEAD + records.map((record) => record.json).join(',');
  // both are objects: the second's fields go on behind the first's
  return window === undefined ? list + TAIL : `${list}],${JSON.stringify(window).slice(1)}`;
}

/** Size of `payloadOf`, in bytes, `otherBytes` of its other fields included. */
export function payloadBytes(records: readonly BatchRecord[], otherBytes: number): number {
  const bytes = records.reduce((sum, record) => sum + record.bytes + 1, ENVELOPE_BYTES + otherBytes);
  return records.length === 0 ? bytes : bytes - 1;
}

/** Size of the fields beside the records: their JSON without its first brace, but with a comma. */
export function windowBytes(window: WindowFields | undefined): number {
  return window === undefined ? 0 : Buffer.byteLength(JSON.stringify(window)) - 1;
}

/** A record that no event can hold (rule 10), beside `otherBytes` of other fields. */
export function isOversized(record: BatchRecord, otherBytes = 0): boolean {
  return record.bytes + otherBytes + ENVELOPE_BYTES > MAX_PAYLOAD_BYTES;
}

export interface BatchLimits {
  readonly batchSize: number;
  readonly windowMs: number;
}

export interface BatcherOptions extends BatchLimits {
  /** What a batch's event is to leave free of the payload limit for other fields than its records. */
  readonly reservedBytes: number;
}

/** What the reader knows of the stream when it asks for a batch. */
export interface Supply {
  /** The last read was as long as it may be: more is there for the asking. */
  readonly more: boolean;
  /** Nothing will come that could go into the same batch: the shard is read to its end, or the tumbling window is over. */
  readonly ended: boolean;
}

/** The records of a shard, or of one of its lanes, that wait for their batch. Windows follow each other without a gap; a window that ends empty is followed by the next. */
export class Batcher {
  readonly #limits: BatcherOptions;
  #waiting: BatchRecord[] = [];
  #windowStartMs: EpochMs;

  constructor(limits: BatcherOptions, nowMs: EpochMs) {
    this.#limits = limits;
    this.#windowStartMs = nowMs;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The record that is to go first. */
  get next(): BatchRecord | undefined {
    return this.#waiting[0];
  }

  add(record: BatchRecord, nowMs: EpochMs): void {
    if (this.#waiting.length === 0) this.#skipEmptyWindows(nowMs);
    this.#waiting.push(record);
  }

  /** When the waiting records are to go at the latest; undefined when none wait. */
  get dueMs(): EpochMs | undefined {
    return this.#waiting.length === 0 ? undefined : this.#windowStartMs + this.#limits.windowMs;
  }

  /** The next window begins: an invocation is complete. */
  beginWindow(nowMs: EpochMs): void {
    this.#windowStartMs = nowMs;
  }

  /** The batch to invoke now, or undefined while gathering goes on. */
  take(nowMs: EpochMs, supply: Supply): readonly BatchRecord[] | undefined {
    if (this.#waiting.length === 0) return undefined;
    const { count, full } = this.#fitting();
    const gathered =
      full ||
      supply.ended ||
      (this.#limits.windowMs === 0 ? !supply.more : nowMs >= this.#windowStartMs + this.#limits.windowMs);
    return gathered ? this.#waiting.splice(0, count) : undefined;
  }

  #skipEmptyWindows(nowMs: EpochMs): void {
    const { windowMs } = this.#limits;
    if (windowMs === 0) return;
    this.#windowStartMs += Math.floor((nowMs - this.#windowStartMs) / windowMs) * windowMs;
  }

  /**
   * How many of the waiting records fit one batch: those of one tumbling window. An oversized record makes a batch of its
   * own.
   */
  #fitting(): { readonly count: number; readonly full: boolean } {
    let bytes = ENVELOPE_BYTES - 1 + this.#limits.reservedBytes;
    let count = 0;
    for (const record of this.#waiting) {
      if (count === this.#limits.batchSize) break;
      if (record.windowStartMs !== this.#waiting[0]?.windowStartMs) return { count, full: true };
      bytes += record.bytes + 1;
      if (bytes > MAX_PAYLOAD_BYTES) return { count: Math.max(1, count), full: true };
      count += 1;
    }
    return { count, full: count === this.#limits.batchSize };
  }
}
