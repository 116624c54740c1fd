// Checkpoints that remember what they were: a service that lost its latest ones delivers again from older ones.
import type { ShardId } from '../core/brands.ts';
import type { CheckpointStore, ShardCheckpoint } from '../event-source/ports.ts';
import type { FaultSchedule } from './fault-schedule.ts';
import type { StreamReader } from './plan.ts';

export class OldCheckpoints implements CheckpointStore {
  readonly #reader: StreamReader;
  readonly #faults: FaultSchedule;
  /** By mapping and shard, the latest last. */
  readonly #saved = new Map<string, Map<ShardId, ShardCheckpoint[]>>();
  #saves = 0;

  constructor(reader: StreamReader, faults: FaultSchedule) {
    this.#reader = reader;
    this.#faults = faults;
  }

  async load(mapping: string): Promise<ReadonlyMap<ShardId, ShardCheckpoint>> {
    const latest = new Map<ShardId, ShardCheckpoint>();
    for (const [shard, saved] of this.#of(mapping)) {
      const checkpoint = saved.at(-1);
      if (checkpoint !== undefined) latest.set(shard, checkpoint);
    }
    return latest;
  }

  async begin(mapping: string, checkpoints: ReadonlyMap<ShardId, ShardCheckpoint>): Promise<void> {
    for (const [shard, checkpoint] of checkpoints) this.#of(mapping).set(shard, [checkpoint]);
  }

  async save(mapping: string, shard: ShardId, checkpoint: ShardCheckpoint): Promise<void> {
    this.#saves += 1;
    if (this.#faults.ofSave(this.#reader, this.#saves)) throw new Error('the checkpoint could not be saved');
    const saved = this.#of(mapping).get(shard) ?? [FROM_THE_START];
    this.#of(mapping).set(shard, [...saved, checkpoint]);
  }

  /** Forgets so many of the latest saves of each shard. */
  rewind(mapping: string, saves: number): void {
    for (const saved of this.#of(mapping).values()) saved.splice(Math.max(1, saved.length - saves));
  }

  #of(mapping: string): Map<ShardId, ShardCheckpoint[]> {
    const shards = this.#saved.get(mapping) ?? new Map<ShardId, ShardCheckpoint[]>();
    this.#saved.set(mapping, shards);
    return shards;
  }
}

/** Checkpoint of a shard that appeared while the mapping ran. */
const FROM_THE_START: ShardCheckpoint = {
  sequence: undefined,
  start: { at: 'trim-horizon' },
  drained: false,
};
