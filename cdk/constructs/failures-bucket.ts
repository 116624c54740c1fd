// Where the event source mappings put batches they gave up, records included (SQS and SNS would get metadata alone).
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface FailuresBucketOptions {
  /** Default 90 days: time to look and to redrive. */
  readonly keepFor?: Duration;
  /** Goes with the stack once it is empty; default: it is kept. */
  readonly throwAway?: boolean;
}

export class FailuresBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, options: FailuresBucketOptions = {}) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        {
          expiration: options.keepFor ?? Duration.days(90),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: options.throwAway === true ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
  }
}
