// The template's buckets on a server of this process: with the real servers and without, so that what is in them can be looked at
// from another terminal.

import type { ObjectEvents } from '../local-stack/s3/object-events.ts';
import { type Run, type ServersOptions, startBuckets } from '../local-stack/start-servers.ts';
import type { LocalSystem } from '../local-stack/template.ts';
import { createS3Client } from '../platform/s3-client.ts';
import { LOCAL_LIMITS } from '../platform/time-limits.ts';
import type { Objects } from '../stores/archive/objects.ts';
import { S3Objects } from '../stores/archive/s3-objects.ts';

export interface LocalBuckets {
  /** undefined: no function uses a bucket, and no server runs. */
  readonly endpoint: string | undefined;
  /** @throws Error where no function uses a bucket */
  open(bucket: string): Objects;
}

export async function startLocalBuckets(
  system: Pick<LocalSystem, 'buckets' | 'functions'>,
  options: ServersOptions & { readonly objectEvents: ObjectEvents },
  run: Pick<Run, 'cleanups'>,
): Promise<LocalBuckets> {
  if (!isAnyUsed(system)) {
    return {
      endpoint: undefined,
      open: (bucket) => {
        throw new Error(`found no server for bucket ${bucket}: no function of the template uses one`);
      },
    };
  }
  const endpoint = await startBuckets(system, options, run);
  const { region, accessKey } = options;
  const credentials = { accessKeyId: accessKey, secretAccessKey: 'local' };
  const client = createS3Client({ region, endpoint, credentials }, LOCAL_LIMITS);
  run.cleanups.push(async () => client.destroy());
  return { endpoint, open: (bucket) => new S3Objects(client, bucket) };
}

function isAnyUsed({ buckets, functions }: Pick<LocalSystem, 'buckets' | 'functions'>): boolean {
  const names = buckets.map(({ name }) => name);
  return functions.some(({ environment }) =>
    Object.values(environment).some((value) => names.includes(value)),
  );
}
