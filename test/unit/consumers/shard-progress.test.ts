// Where a batch asks which tick came before it, and the stream that its records are of has no shards to be asked.
import { expect, test } from 'vitest';
import { ShardProgress } from '../../../consumers/aggregate/shard-progress.ts';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { NoStreamError } from '../../../src/platform/sharded-stream.ts';
import { createMemoryBackend } from '../../../src/run/memory-backend.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { StreamProgress } from '../../../src/stores/stream-progress.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { production } from '../../support/alarm-run.ts';

const PLACE = {
  stream: 'arn:aws:kinesis:us-east-1:000000000000:stream/memory',
  shard: 'shardId-000000000000' as ShardId,
  sequence: '7' as SequenceNumber,
};

const beforeWith = (lineage: () => Promise<never>) =>
  new ShardProgress({ progress: new StreamProgress(new MemoryTable(TABLE_SCHEMAS.readers)), lineage }).before(
    PLACE,
  );

test('records of a recording, or of a stream that was deleted, have no tick before them: nobody knows of one', async () => {
  const clock = { nowMs: () => 0, sleep: async () => {} };
  const memory = createMemoryBackend(production().system, { clock, shards: 1, region: 'us-east-1' });
  const none = async () => (await memory.shards(PLACE.stream).listShards()) as never;
  await expect(none()).rejects.toBeInstanceOf(NoStreamError);
  expect(await beforeWith(none)).toBeUndefined();
});

test('a stream that cannot be reached is waited for', async () => {
  const unreachable = async (): Promise<never> => {
    throw new Error('ETIMEDOUT');
  };
  await expect(beforeWith(unreachable)).rejects.toThrow('ETIMEDOUT');
});
