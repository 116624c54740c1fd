// Where discarded batches go on a laptop, whatever destination the template names: a file each, with the document and
// under the key that S3 would have them.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createS3Destination, type DestinationDeps } from '../event-source/failure-destinations.ts';
import type { FailureDestination } from '../event-source/ports.ts';

export interface FailedBatchesOptions extends DestinationDeps {
  readonly folder: string;
  readonly mappingUuid: string;
}

export function createFailedBatches({ folder, ...options }: FailedBatchesOptions): FailureDestination {
  return createS3Destination({
    ...options,
    store: {
      async putObject(key, body) {
        const file = join(folder, key);
        await mkdir(dirname(file), { recursive: true });
        // as with S3: whoever looks finds the whole document or none
        await writeFile(`${file}.draft`, body);
        await rename(`${file}.draft`, file);
      },
    },
  });
}
