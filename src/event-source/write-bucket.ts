// How much one shard takes: 1,000 records and 1 MiB a second, refilled steadily (rule 55).
import type { EpochMs } from './brands.ts';

const RECORDS_PER_SECOND = 1_000;
const BYTES_PER_SECOND = 1024 * 1024;

export class WriteBucket {
  /** A record larger than a second's bytes needs what has gathered meanwhile. */
  readonly #byteCapacity: number;
  #records = RECORDS_PER_SECOND;
  #bytes: number;
  #filledMs: EpochMs;

  constructor(maxRecordBytes: number, nowMs: EpochMs) {
    this.#byteCapacity = Math.max(BYTES_PER_SECOND, maxRecordBytes);
    this.#bytes = this.#byteCapacity;
    this.#filledMs = nowMs;
  }

  /** Whether a record of this size still fits. */
  take(bytes: number, nowMs: EpochMs): boolean {
    const seconds = (nowMs - this.#filledMs) / 1_000;
    this.#records = Math.min(RECORDS_PER_SECOND, this.#records + seconds * RECORDS_PER_SECOND);
    this.#bytes = Math.min(this.#byteCapacity, this.#bytes + seconds * BYTES_PER_SECOND);
    this.#filledMs = nowMs;
    // the key counts too: a record of the greatest size may be a little over the bucket
    if (this.#records < 1 || this.#bytes < Math.min(bytes, this.#byteCapacity)) return false;
    this.#records -= 1;
    this.#bytes -= bytes;
    return true;
  }
}
