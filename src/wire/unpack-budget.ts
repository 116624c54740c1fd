// What a record may still unpack to. Every unpacking counts, whatever comes of what was unpacked: it costs the same time and
// memory whether it is read as events or refused.

/** All parts of a record together. */
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

/**
 * What a part counts as that did not unpack: how far it came is not known. Damage in a part or two of an aggregated record leaves
 * the others their room; sixteen such parts are a record's whole.
 */
const DAMAGED_BYTES = 1024 * 1024;

export class UnpackBudget {
  readonly limit: number;
  #spent = 0;
  /** Something was refused because the budget was used up. */
  isOverrun = false;

  constructor(limit = MAX_UNPACKED_BYTES) {
    this.limit = limit;
  }

  get spent(): number {
    return this.#spent;
  }

  get left(): number {
    return Math.max(0, this.limit - this.#spent);
  }

  take(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent > this.limit) this.isOverrun = true;
  }

  takeDamaged(): void {
    this.take(DAMAGED_BYTES);
  }
}
