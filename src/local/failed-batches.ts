// Where discarded batches go on a laptop: a file each, in the shape of the failure records' payload.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiscardedBatch, FailureDestination } from '../event-source/ports.ts';

/** Files are named by shard and first sequence number, so that a batch delivered twice is one file. */
export function createFailedBatches(folder: string, mapping: string): FailureDestination {
  return {
    async deliver(batch: DiscardedBatch) {
      const place = join(folder, mapping, batch.shard);
      await mkdir(place, { recursive: true });
      const { records, ...why } = batch;
      const payload = { Records: records.map(({ record }) => record) };
      const name = `${records[0]?.sequence ?? 'none'}-${records.length}.json`;
      await writeFile(join(place, name), JSON.stringify({ ...why, payload }, null, 1));
    },
  };
}
