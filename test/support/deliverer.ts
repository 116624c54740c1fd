// Delivers records in order, batch by batch, the way the event source mapping may at its worst: again and again, from
// the lowest record reported failing, to one container or another, to some that stall and come back much later.
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { BatchItemFailures, StreamEvent, StreamEventRecord } from '../../src/wire/stream-records.ts';
import { Stall } from './stall.ts';

/** A function's container: its handler has a cache of its own. */
export interface Container<R extends StreamEventRecord> {
  readonly handler: (event: StreamEvent<R>) => Promise<BatchItemFailures>;
  readonly stall: Stall;
}

/** A record with its place. Within a lane, a shard's records come after all of its parent's. */
export interface Delivery<R extends StreamEventRecord> {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly record: R;
}

export type DeliveryStep = { readonly lane: number; readonly container: number } & (
  | { readonly kind: 'deliver'; readonly length: number }
  /** A batch that begins `back` records before where delivery stands; its answer goes nowhere. */
  | { readonly kind: 'redeliver'; readonly back: number; readonly length: number }
  /** The next batch goes to a container that stalls before its call number `passes`, and counts as timed out. */
  | { readonly kind: 'stall'; readonly length: number; readonly passes: number }
  | { readonly kind: 'resume' }
  /** The container dies, and its cache with it. */
  | { readonly kind: 'replace' }
);

const CONTAINERS = 3;

export class Deliverer<R extends StreamEventRecord> {
  readonly #lanes: readonly { readonly deliveries: readonly Delivery<R>[]; position: number }[];
  readonly #start: (stall: Stall) => Container<R>['handler'];
  readonly #containers: Container<R>[];
  readonly #stalled = new Map<number, Promise<unknown>>();

  constructor(lanes: readonly (readonly Delivery<R>[])[], start: (stall: Stall) => Container<R>['handler']) {
    this.#lanes = lanes.map((deliveries) => ({ deliveries, position: 0 }));
    this.#start = start;
    this.#containers = Array.from({ length: CONTAINERS }, () => this.#newContainer());
  }

  async run(steps: readonly DeliveryStep[]): Promise<void> {
    for (const step of steps) await this.step(step);
  }

  async step(step: DeliveryStep): Promise<void> {
    const lane = step.lane % this.#lanes.length;
    switch (step.kind) {
      case 'deliver':
        await this.#deliver(lane, step.length, step.container);
        return;
      case 'redeliver': {
        const from = Math.max(0, this.#lane(lane).position - step.back);
        const to = Math.min(this.#lane(lane).position, from + step.length);
        const batch = this.#batch(lane, from, to - from);
        if (batch.length > 0) await Promise.allSettled([this.#invoke(this.#free(step.container), batch)]);
        return;
      }
      case 'stall': {
        if (this.#stalled.size === CONTAINERS - 1) return;
        const number = this.#free(step.container);
        const batch = this.#batch(lane, this.#lane(lane).position, step.length);
        if (batch.length === 0) return;
        this.#container(number).stall.after(step.passes);
        this.#stalled.set(number, Promise.allSettled([this.#invoke(number, batch)]));
        return;
      }
      case 'resume':
        await this.#resume(step.container % CONTAINERS);
        return;
      case 'replace': {
        const number = this.#free(step.container);
        this.#containers[number] = this.#newContainer();
        return;
      }
    }
  }

  /** Delivers what is left. Nothing fails any more, so each batch is to be done at its first delivery. */
  async finish(): Promise<void> {
    for (const [lane, { deliveries }] of this.#lanes.entries()) {
      while (this.#lane(lane).position < deliveries.length) {
        const before = this.#lane(lane).position;
        const length = this.#batch(lane, before, 4).length;
        await this.#deliver(lane, 4, 0);
        const done = this.#lane(lane).position - before;
        if (done < length) {
          throw new Error(`nothing waits for ever: ${done} of ${length} records done, expected all`);
        }
      }
    }
    for (const number of [...this.#stalled.keys()]) await this.#resume(number);
  }

  async #deliver(lane: number, length: number, container: number): Promise<void> {
    const at = this.#lane(lane);
    const batch = this.#batch(lane, at.position, length);
    if (batch.length === 0) return;
    const [answer] = await Promise.allSettled([this.#invoke(this.#free(container), batch)]);
    if (answer.status === 'rejected') return;
    const [failure] = answer.value.batchItemFailures;
    const done =
      failure === undefined
        ? batch.length
        : batch.findIndex(({ sequence }) => sequence === failure.itemIdentifier);
    if (done < 0) throw new Error(`reported ${failure?.itemIdentifier}, which is not in the batch`);
    at.position += done;
  }

  /** Records of one shard alone, as every batch is. */
  #batch(lane: number, from: number, length: number): readonly Delivery<R>[] {
    const batch = this.#lane(lane).deliveries.slice(from, from + length);
    const other = batch.findIndex(({ shard }) => shard !== batch[0]?.shard);
    return other < 0 ? batch : batch.slice(0, other);
  }

  async #invoke(container: number, batch: readonly Delivery<R>[]): Promise<BatchItemFailures> {
    return await this.#container(container).handler({ Records: batch.map(({ record }) => record) });
  }

  async #resume(number: number): Promise<void> {
    const underWay = this.#stalled.get(number);
    if (underWay === undefined) return;
    this.#container(number).stall.resume();
    await underWay;
    this.#stalled.delete(number);
  }

  /** The container meant, or the next that is not stalled. */
  #free(container: number): number {
    for (let turn = 0; ; turn += 1) {
      const number = (container + turn) % CONTAINERS;
      if (!this.#stalled.has(number)) return number;
    }
  }

  #newContainer(): Container<R> {
    const stall = new Stall();
    return { stall, handler: this.#start(stall) };
  }

  #lane(number: number): { readonly deliveries: readonly Delivery<R>[]; position: number } {
    return this.#lanes[number] ?? { deliveries: [], position: 0 };
  }

  #container(number: number): Container<R> {
    const container = this.#containers[number];
    if (container === undefined) throw new Error(`no container ${number}`);
    return container;
  }
}
