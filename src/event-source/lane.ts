// One lane of a shard: the records whose keys fall to it, delivered batch after batch in their order (rule 14). A shard
// without parallelization has one. Lanes of a mapping with tumbling windows also open and close those.

import { BatchDelivery, type BatchDeliveryOptions } from './batch-delivery.ts';
import { Batcher, batchRecord } from './batcher.ts';
import type { EpochMs } from './brands.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { StreamRecord } from './ports.ts';
import { WINDOW_RESERVE_BYTES, WindowAssigner } from './tumbling-window.ts';

/** What the reader knows of the shard. */
export interface LaneSupply {
  /** More is there for the asking, and will be asked for. */
  readonly more: boolean;
  /** The shard is closed and read to its end. */
  readonly ended: boolean;
  /** Nothing that arrived before is still to be read. */
  readonly readThroughMs: EpochMs;
}

export class Lane {
  readonly #options: BatchDeliveryOptions;
  readonly #deps: MappingDeps;
  readonly #batcher: Batcher;
  readonly #delivery: BatchDelivery;
  readonly #windows: WindowAssigner | undefined;
  #busy = false;

  constructor(options: BatchDeliveryOptions, deps: MappingDeps) {
    const { parameters, progress } = options;
    const { tumblingWindowMs } = parameters;
    this.#options = options;
    this.#deps = deps;
    this.#delivery = new BatchDelivery(options, deps);
    this.#windows =
      tumblingWindowMs === undefined
        ? undefined
        : new WindowAssigner(tumblingWindowMs, progress.windowFloorMs);
    const reservedBytes = tumblingWindowMs === undefined ? 0 : WINDOW_RESERVE_BYTES;
    this.#batcher = new Batcher({ ...parameters, reservedBytes }, deps.clock.nowMs());
  }

  /** A batch is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  get retrying(): boolean {
    return this.#delivery.retrying;
  }

  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** When the waiting records are to go at the latest; undefined when none wait. */
  get dueMs(): EpochMs | undefined {
    return this.#batcher.dueMs;
  }

  add(record: StreamRecord, nowMs: EpochMs): void {
    this.#batcher.add(batchRecord(record, this.#windows?.startOf(record.arrivalMs)), nowMs);
  }

  /**
   * Begins what is to be invoked now, if anything is. The promise is true when that is done with, false when the mapping
   * stopped before.
   */
  begin(nowMs: EpochMs, supply: LaneSupply): Promise<boolean> | undefined {
    const { progress } = this.#options;
    if (this.#windowIsOver(supply)) {
      this.#windows?.close(progress.window?.endMs ?? 0);
      return this.#run(() => this.#delivery.closeWindow());
    }
    const ended = supply.ended || this.#nextWindowIsOver(supply);
    const batch = this.#batcher.take(nowMs, { more: supply.more, ended });
    return batch === undefined ? undefined : this.#run(() => this.#delivery.deliver(batch));
  }

  async #run(action: () => Promise<boolean>): Promise<boolean> {
    this.#busy = true;
    const done = await action();
    this.#batcher.beginWindow(this.#deps.clock.nowMs());
    this.#busy = false;
    return done;
  }

  /** The open window has had all its records (rules 32 to 34). */
  #windowIsOver({ ended, readThroughMs }: LaneSupply): boolean {
    const { window } = this.#options.progress;
    if (window === undefined) return false;
    const next = this.#batcher.next?.windowStartMs;
    if (next !== undefined) return window.early || next > window.startMs;
    return window.early || ended || readThroughMs >= window.endMs;
  }

  /** What waits belongs to a window that gets no more: no reason to wait for the batching window. */
  #nextWindowIsOver({ readThroughMs }: LaneSupply): boolean {
    const startMs = this.#batcher.next?.windowStartMs;
    const { tumblingWindowMs } = this.#options.parameters;
    return (
      startMs !== undefined && tumblingWindowMs !== undefined && readThroughMs >= startMs + tumblingWindowMs
    );
  }
}
