// The template's buckets on a server of this process: with the real servers and without, so that what is in them can be looked at
// from another terminal.
import { startS3Server } from '../local-stack/s3/s3-server.ts';
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
  stop(): Promise<void>;
}

export async function startLocalBuckets(
  { buckets, functions }: Pick<LocalSystem, 'buckets' | 'functions'>,
  {
    dataFolder,
    region,
    accessKey,
  }: { readonly dataFolder?: string; readonly region: string; readonly accessKey: string },
): Promise<LocalBuckets> {
  const names = buckets.map(({ name }) => name);
  const used = functions.some(({ environment }) =>
    Object.values(environment).some((value) => names.includes(value)),
  );
  if (!used) {
    return {
      endpoint: undefined,
      open: (bucket) => {
        throw new Error(`found no server for bucket ${bucket}: no function of the template uses one`);
      },
      stop: async () => {},
    };
  }
  const server = await startS3Server({ buckets: names, dataFolder, accessKey });
  const credentials = { accessKeyId: accessKey, secretAccessKey: 'local' };
  const client = createS3Client({ region, endpoint: server.endpoint, credentials }, LOCAL_LIMITS);
  return {
    endpoint: server.endpoint,
    open: (bucket) => new S3Objects(client, bucket),
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}
