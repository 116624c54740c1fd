// Where the event source mappings put batches they gave up, records included (SQS and SNS would get metadata alone).
import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { removalOf } from './table-settings.ts';

/** What is thrown away goes with the stack once it is empty. */
export type FailuresBucketOptions = Pick<Settings, 'throwAway' | 'kmsKey'>;

/** Time to look and to redrive. */
const KEPT_FOR = Duration.days(90);

export class FailuresBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, options: FailuresBucketOptions = {}) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      ...(options.kmsKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : {
            encryption: BucketEncryption.KMS,
            encryptionKey: Key.fromKeyArn(this, 'Key', options.kmsKey),
            // One call to KMS for many objects.
            bucketKeyEnabled: true,
          }),
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        {
          expiration: KEPT_FOR,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: removalOf(options.throwAway ?? false),
    });
  }
}
