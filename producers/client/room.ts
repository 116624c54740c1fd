// The bounded buffer's gate: who may enter now, who waits, in what order they are let in.

export interface Entrant {
  readonly source: string;
  readonly bytes: number;
  /** Called once, when there is room, before anybody who came later for the same source. */
  readonly admit: () => void;
}

/**
 * Room for so many bytes, and so many of one source: a source that cannot get rid of its events fills its own
 * share and no more. Within a source entry is first come, first served. Among sources that wait it is by turns,
 * and when the whole is full no one overtakes the one whose turn it is.
 */
export class Room {
  readonly #maxBytes: number;
  readonly #maxBytesPerSource: number;
  readonly #bytesOf = new Map<string, number>();
  /** By source, in the order of their turns. */
  readonly #queues = new Map<string, Queue>();
  #bytes = 0;
  #waiting = 0;
  /** The one whose turn it is waits for the whole to have room. */
  #full = false;

  constructor(limits: { readonly maxBytes: number; readonly maxBytesPerSource: number }) {
    this.#maxBytes = limits.maxBytes;
    this.#maxBytesPerSource = limits.maxBytesPerSource;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Admits at once or puts into the queue; tells which. */
  enter(entrant: Entrant): 'admitted' | 'waiting' {
    const queue = this.#queues.get(entrant.source);
    if (queue === undefined && !this.#full && this.#take(entrant)) {
      entrant.admit();
      return 'admitted';
    }
    if (queue === undefined) this.#queues.set(entrant.source, { entrants: [entrant], next: 0 });
    else queue.entrants.push(entrant);
    this.#waiting++;
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
    this.#full = false;
    for (const [source, queue] of [...this.#queues]) {
      if (this.#admitFrom(queue) === 0) {
        if (this.#full) return;
        continue;
      }
      // It had its turn: the others are first next time.
      this.#queues.delete(source);
      if (queue.next < queue.entrants.length) this.#queues.set(source, queue);
      if (this.#full) return;
    }
  }

  #admitFrom(queue: Queue): number {
    let admitted = 0;
    for (;;) {
      const entrant = queue.entrants[queue.next];
      if (entrant === undefined || !this.#take(entrant)) break;
      queue.next++;
      admitted++;
      this.#waiting--;
      entrant.admit();
    }
    // Let go of those who are in, in time proportional to their number.
    if (queue.next * 2 > queue.entrants.length) {
      queue.entrants.splice(0, queue.next);
      queue.next = 0;
    }
    return admitted;
  }

  #take({ source, bytes }: Entrant): boolean {
    const ofSource = (this.#bytesOf.get(source) ?? 0) + bytes;
    if (ofSource > this.#maxBytesPerSource) return false;
    if (this.#bytes + bytes > this.#maxBytes) {
      this.#full = true;
      return false;
    }
    this.#bytesOf.set(source, ofSource);
    this.#bytes += bytes;
    return true;
  }
}

interface Queue {
  readonly entrants: Entrant[];
  /** Those before it are in. */
  next: number;
}
