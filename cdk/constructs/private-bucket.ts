// What all buckets for records have: nothing public, nothing unencrypted, and a key of one's own where there is one.
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { removalOf } from './table-settings.ts';

/** `throwAway`: it goes with the stack, whatever is in it; default: it is kept. `kmsKey`: ARN of a key of one's own. */
export type PrivateBucketOptions = Pick<Settings, 'throwAway' | 'kmsKey'>;

/** For one bucket in the scope. */
export function privateBucket(
  scope: Construct,
  { throwAway = false, kmsKey }: PrivateBucketOptions,
): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    ...(kmsKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : {
          encryption: BucketEncryption.KMS,
          encryptionKey: Key.fromKeyArn(scope, 'Key', kmsKey),
          // One call to KMS for many objects.
          bucketKeyEnabled: true,
        }),
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: removalOf(throwAway),
    // CloudFormation deletes no bucket with objects in it, and a stack that has one stays.
    ...(throwAway ? { autoDeleteObjects: true } : {}),
  };
}
