// Keeps what the stream carries: stream → record → a bucket, as docs/archive.md describes. It reads the stream through a mapping of its
// own, beside the aggregate function, and delays nobody.
import { Duration } from 'aws-cdk-lib';
import { Bucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import { BATCHING } from '../settings/batching.ts';
import { ConsumerFunction } from './consumer-function.ts';
import { privateBucket } from './private-bucket.ts';
import { StreamMapping } from './stream-mapping.ts';
import type { TelemetryStream } from './telemetry-stream.ts';

export interface ArchiveOptions {
  readonly codeFolder: string;
  readonly telemetry: TelemetryStream;
  /** Where records go that were given up. */
  readonly failures: Bucket;
  /** Goes with the stack, whatever is in it; default: it is kept. */
  readonly throwAway?: boolean;
  /** ARN of a key of one's own. */
  readonly kmsKey?: string;
}

export class Archive extends Construct {
  readonly bucket: Bucket;
  readonly consumer: ConsumerFunction;
  readonly mapping: StreamMapping;

  constructor(scope: Construct, id: string, options: ArchiveOptions) {
    super(scope, id);
    const { codeFolder, telemetry, failures, throwAway = false } = options;
    this.bucket = new Bucket(this, 'Bucket', {
      ...privateBucket(this, options),
      lifecycleRules: [
        {
          prefix: 'records/',
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          transitions: [
            // Read in milliseconds, like what is warm: a rebuild needs no thawing.
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: COLD_AFTER },
          ],
        },
      ],
    });
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'record',
      codeFolder,
      memoryMb: 512,
      timeout: Duration.minutes(2),
      environment: { [VARIABLE.bucket('archive')]: this.bucket.bucketName },
    });
    // Without the right to list, S3 answers 403 for what is not there.
    this.consumer.allow(['s3:ListBucket'], this.bucket.bucketArn);
    this.consumer.allow(['s3:GetObject', 's3:PutObject'], this.bucket.arnForObjects('records/*'));
    // Each batch is two requests to write, whatever is in it: a minute's window, whatever the profile; docs/archive.md has the sums.
    // No one waits for a stack that is thrown away.
    this.mapping = new StreamMapping(this, 'Reader', {
      consumer: this.consumer,
      stream: { kind: 'kinesis', arn: telemetry.stream.streamArn, retention: telemetry.retention },
      failures,
      batching: throwAway ? BATCHING.balanced.telemetry : BATCHING.cheap.telemetry,
    });
  }
}

/** Instant retrieval costs a sixth of the standard class, and a fee for what is read. S3 moves nothing below 128 KB: pages stay. */
const COLD_AFTER = Duration.days(30);
