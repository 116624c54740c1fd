// Who waits for what: every event belongs to the mark that was current when it was put; a flush closes the
// current mark and waits until nothing of it, or of marks closed before, is under way.
import { DeliveryFailedError, type UndeliveredEvent } from './telemetry-client-error.ts';

export class FlushMark {
  pending = 0;
  failedEvents = 0;
  kept: UndeliveredEvent[] = [];
  firstError: unknown;
  readonly done = Promise.withResolvers<void>();
  #closed = false;

  settle(): void {
    this.pending--;
    this.#resolveWhenDone();
  }

  close(): void {
    this.#closed = true;
    this.#resolveWhenDone();
  }

  #resolveWhenDone(): void {
    if (this.#closed && this.pending === 0) this.done.resolve();
  }
}

export class FlushMarks {
  current = new FlushMark();
  readonly #closed = new Set<FlushMark>();

  /** A caller waits: nothing should linger. */
  get flushing(): boolean {
    return this.#closed.size > 0;
  }

  /** Closes the current mark; the answer rejects with `DeliveryFailedError` when any awaited event was given up. */
  async flush(hurry: () => void): Promise<void> {
    const mark = this.current;
    this.current = new FlushMark();
    this.#closed.add(mark);
    const awaited = [...this.#closed];
    mark.close();
    hurry();
    await mark.done.promise;
    this.#closed.delete(mark);
    await Promise.all(awaited.map((each) => each.done.promise));
    const failed = awaited.filter((each) => each.failedEvents > 0);
    if (failed.length === 0) return;
    throw new DeliveryFailedError({
      failedEvents: failed.reduce((sum, each) => sum + each.failedEvents, 0),
      events: failed.flatMap((each) => each.kept),
      cause: failed[0]?.firstError,
    });
  }
}
