// Plays files that are dropped into a bucket: S3 → EventBridge → function → stream, as docs/incoming.md describes. Without the option
// nothing of it is created.
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import { ConsumerFunction } from './consumer-function.ts';
import { AT_ONCE } from './metric-alarm.ts';
import { privateBucket } from './private-bucket.ts';
import type { TelemetryStream } from './telemetry-stream.ts';

export interface IncomingOptions {
  readonly codeFolder: string;
  readonly telemetry: TelemetryStream;
  /** Goes with the stack, whatever is in it; default: it is kept. */
  readonly throwAway?: boolean;
  /** ARN of a key of one's own. */
  readonly kmsKey?: string;
}

export class Incoming extends Construct {
  readonly bucket: Bucket;
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, options: IncomingOptions) {
    super(scope, id);
    const { codeFolder, telemetry } = options;
    this.bucket = this.#addBucket(options);
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'incoming',
      codeFolder,
      // A file of 128 MB is in memory, and one in another form as a text and as objects.
      memoryMb: 1769,
      timeout: Duration.minutes(15),
      environment: {
        [VARIABLE.bucket('incoming')]: this.bucket.bucketName,
        [VARIABLE.stream('telemetry')]: telemetry.stream.streamName,
      },
      alarms: [
        {
          entry: 'file-refused',
          metric: 'refusedFiles',
          description: 'files were dropped that cannot be played as they are',
          points: AT_ONCE,
        },
      ],
    });
    this.#allow(telemetry);
    this.#call();
  }

  #addBucket(options: IncomingOptions): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      ...privateBucket(this, options),
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    // Told by the bucket itself: CDK's own way is a function that is run while the stack is deployed.
    const resource = bucket.node.defaultChild;
    if (!(resource instanceof CfnBucket)) throw new Error(`${bucket.node.path}: found no bucket in it`);
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    return bucket;
  }

  #allow(telemetry: TelemetryStream): void {
    const { bucket, consumer } = this;
    const keys = (...prefixes: readonly string[]) =>
      prefixes.map((each) => bucket.arnForObjects(`${each}/*`));
    // Without the right to list, S3 answers 403 for what is not there.
    consumer.allow(['s3:ListBucket'], bucket.bucketArn);
    consumer.allow(['s3:GetObject'], ...keys('incoming', 'contents', 'under-way'));
    consumer.allow(['s3:PutObject'], ...keys('contents', 'under-way', 'reports', 'quarantine'));
    consumer.allow(['s3:DeleteObject'], ...keys('under-way'));
    consumer.allow(['kinesis:PutRecords'], telemetry.stream.streamArn);
  }

  /** As files come; and every minute, for what a run has left to the next. */
  #call(): void {
    const { fn } = this.consumer;
    fn.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.hours(6) });
    new Rule(this, 'Dropped', {
      description: 'Plays files that are dropped',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [this.bucket.bucketName] }, object: { key: [{ prefix: 'incoming/' }] } },
      },
      targets: [new LambdaFunction(fn)],
    });
    new Rule(this, 'EveryMinute', {
      description: 'Goes on with files that are not played yet',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(fn, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
