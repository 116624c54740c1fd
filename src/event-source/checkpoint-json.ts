// Checkpoints as they stand in a file, checked when they come back.
import type { ShardId } from '../core/brands.ts';
import type { ShardCheckpoint, ShardPosition } from './ports.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';

/** Throws, naming the file, on anything that is not a map of checkpoints: starting over would deliver everything again. */
export function parseCheckpoints(text: string, file: string): ReadonlyMap<ShardId, ShardCheckpoint> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(
      Object.entries(objectOf(parsed)).map(([shard, value]) => [
        shardId(shard),
        checkpointOf(objectOf(value)),
      ]),
    );
  } catch (cause) {
    const help =
      'expected checkpoints by shard; remove the file to read the stream from its starting position';
    throw new Error(`unreadable checkpoints in ${file}: ${help}`, { cause });
  }
}

function checkpointOf({ sequence, start, drained }: Readonly<Record<string, unknown>>): ShardCheckpoint {
  if (typeof drained !== 'boolean')
    throw new Error(`found drained ${String(drained)}, expected true or false`);
  return {
    sequence: sequence === undefined ? undefined : sequenceNumber(String(sequence)),
    start: positionOf(objectOf(start)),
    drained,
  };
}

function positionOf({ at, timestampMs, sequence }: Readonly<Record<string, unknown>>): ShardPosition {
  if (at === 'trim-horizon' || at === 'latest') return { at };
  if (at === 'timestamp' && typeof timestampMs === 'number') return { at, timestampMs };
  if (at === 'after') return { at, sequence: sequenceNumber(String(sequence)) };
  throw new Error(`found position ${String(at)}`);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`found ${JSON.stringify(value)}, expected an object`);
}
