// Where the event source mappings put batches they gave up, records included (SQS and SNS would get metadata alone).
import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { privateBucket } from './private-bucket.ts';

/** What is thrown away goes with the stack, whatever is in it. */
export type FailuresBucketOptions = Pick<Settings, 'throwAway' | 'kmsKey'>;

/** Time to look and to redrive. */
const KEPT_FOR = Duration.days(90);

export class FailuresBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, options: FailuresBucketOptions = {}) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...privateBucket(this, options),
      lifecycleRules: [
        {
          expiration: KEPT_FOR,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
  }
}
