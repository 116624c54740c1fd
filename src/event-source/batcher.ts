// Gathers one shard's records into batches: by size, by window, by payload (section 1 and rule 10).
import type { EpochMs } from '../core/brands.ts';
import type { StreamRecord } from './ports.ts';

/** A record with its JSON, made once: it is measured, and sent again on every retry. */
export interface BatchRecord extends StreamRecord {
  readonly json: string;
  readonly bytes: number;
}

/** Lambda's limit on a synchronous invocation's payload. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const HEAD = '{"Records":[';
const TAIL = ']}';
const ENVELOPE_BYTES = HEAD.length + TAIL.length;

/** The function's event, as JSON. */
export function payloadOf(records: readonly BatchRecord[]): string {
  return HEAD + records.map((record) => record.json).join(',') + TAIL;
}

/** Size of `payloadOf`, in bytes. */
export function payloadBytes(records: readonly BatchRecord[]): number {
  return records.reduce((sum, record) => sum + record.bytes + 1, ENVELOPE_BYTES - 1);
}

/** A record that no event can hold (rule 10). */
export function isOversized(record: BatchRecord): boolean {
  return record.bytes + ENVELOPE_BYTES > MAX_PAYLOAD_BYTES;
}

export interface BatchLimits {
  readonly batchSize: number;
  readonly windowMs: number;
}

/** What the reader knows of the shard when it asks for a batch. */
export interface Supply {
  /** The last read was as long as it may be: more is there for the asking. */
  readonly more: boolean;
  /** The shard is closed and read to its end. */
  readonly ended: boolean;
}

/** One shard's records waiting for their batch. Windows follow each other without a gap; a window that ends empty is followed by the next. */
export class Batcher {
  readonly #limits: BatchLimits;
  #waiting: BatchRecord[] = [];
  #windowStartMs: EpochMs;

  constructor(limits: BatchLimits, nowMs: EpochMs) {
    this.#limits = limits;
    this.#windowStartMs = nowMs;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(records: readonly StreamRecord[], nowMs: EpochMs): void {
    if (this.#waiting.length === 0) this.#skipEmptyWindows(nowMs);
    for (const record of records) {
      const json = JSON.stringify(record.record);
      this.#waiting.push({ ...record, json, bytes: Buffer.byteLength(json) });
    }
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

  /** How many of the waiting records fit one batch. An oversized record makes a batch of its own. */
  #fitting(): { readonly count: number; readonly full: boolean } {
    let bytes = ENVELOPE_BYTES - 1;
    let count = 0;
    for (const record of this.#waiting) {
      if (count === this.#limits.batchSize) break;
      bytes += record.bytes + 1;
      if (bytes > MAX_PAYLOAD_BYTES) return { count: Math.max(1, count), full: true };
      count += 1;
    }
    return { count, full: count === this.#limits.batchSize };
  }
}
