import { VARIABLE } from '../../platform/names.ts';
import { createS3Client } from '../../platform/s3-client.ts';
import { S3Objects } from '../../stores/archive/s3-objects.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

/** One client for all buckets. */
export function lambdaObjects(): Pick<FunctionHost, 'objects'> {
  const client = createS3Client();
  return {
    objects: (name) => new S3Objects(client, readVariable(VARIABLE.bucket(name), 'the name of a bucket')),
  };
}
