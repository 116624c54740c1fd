// What the simulated stream carries, counted as records are put: the audit compares it with what was handled.
import type { CountedShard } from '../core/audit/compare-stream.ts';
import { withArrivals } from '../core/hour-counts.ts';
import type { Placement } from '../event-source/memory-stream.ts';
import type { StreamCounts } from '../stores/audit/stream-counts.ts';

const NOTHING: CountedShard = { hours: new Map(), fromHour: undefined, to: undefined };

export class CarriedRecords implements StreamCounts {
  readonly #shards = new Map<string, CountedShard>();

  put({ shard, sequence, arrivalMs }: Placement): void {
    const before = this.#shards.get(shard) ?? NOTHING;
    this.#shards.set(shard, {
      ...withArrivals(before, [{ arrivalMs }]),
      to: { sequence, arrivalMs: Math.max(arrivalMs, before.to?.arrivalMs ?? 0) },
    });
  }

  readonly ofShard = async (_: string, shard: string): Promise<CountedShard> =>
    this.#shards.get(shard) ?? NOTHING;
}
