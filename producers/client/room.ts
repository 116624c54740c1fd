// The bounded buffer's gate: who may enter now, who waits, in what order they are let in.

export interface Entrant {
  readonly source: string;
  readonly bytes: number;
  /** Called once, when there is room, before anybody who came later for the same source. */
  readonly admit: () => void;
}

/**
 * Room for so many bytes, and so many of one source: a source that cannot get rid of its events fills its own
 * share and no more. Within a source entry is first come, first served; across sources too once the whole is full.
 */
export class Room {
  readonly #maxBytes: number;
  readonly #maxBytesPerSource: number;
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;
  #waiting: Entrant[] = [];
  readonly #waitingOf = new Map<string, number>();
  /** The whole is too full for the first who could otherwise enter: those behind must not slip past. */
  #full = false;

  constructor(limits: { readonly maxBytes: number; readonly maxBytesPerSource: number }) {
    this.#maxBytes = limits.maxBytes;
    this.#maxBytesPerSource = limits.maxBytesPerSource;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Admits at once or puts into the queue; tells which. */
  enter(entrant: Entrant): 'admitted' | 'waiting' {
    if (!this.#full && !this.#waitingOf.has(entrant.source) && this.#take(entrant) === 'taken') {
      entrant.admit();
      return 'admitted';
    }
    this.#waiting.push(entrant);
    this.#waitingOf.set(entrant.source, (this.#waitingOf.get(entrant.source) ?? 0) + 1);
    return 'waiting';
  }

  /** Gives room back without letting anybody in: `admitWaiting` does, once for many leavers. */
  leave(source: string, bytes: number): void {
    const left = (this.#bytesOf.get(source) ?? 0) - bytes;
    if (left < 0) throw new RangeError(`room of ${source}: more bytes leave than entered`);
    if (left === 0) this.#bytesOf.delete(source);
    else this.#bytesOf.set(source, left);
    this.#bytes -= bytes;
  }

  admitWaiting(): void {
    if (this.#waiting.length === 0) return;
    const queue = this.#waiting;
    const still: Entrant[] = [];
    const passed = new Set<string>();
    this.#full = false;
    for (const entrant of queue) {
      const answer = this.#full || passed.has(entrant.source) ? 'passed' : this.#take(entrant);
      if (answer === 'taken') {
        this.#forget(entrant.source);
        entrant.admit();
        continue;
      }
      if (answer === 'full') this.#full = true;
      passed.add(entrant.source);
      still.push(entrant);
    }
    this.#waiting = still;
  }

  #take(entrant: Entrant): 'taken' | 'full' | 'source-full' {
    const ofSource = (this.#bytesOf.get(entrant.source) ?? 0) + entrant.bytes;
    if (ofSource > this.#maxBytesPerSource) return 'source-full';
    if (this.#bytes + entrant.bytes > this.#maxBytes) return this.#refuseAll();
    this.#bytesOf.set(entrant.source, ofSource);
    this.#bytes += entrant.bytes;
    return 'taken';
  }

  #refuseAll(): 'full' {
    this.#full = true;
    return 'full';
  }

  #forget(source: string): void {
    const left = (this.#waitingOf.get(source) ?? 0) - 1;
    if (left > 0) this.#waitingOf.set(source, left);
    else this.#waitingOf.delete(source);
  }
}
