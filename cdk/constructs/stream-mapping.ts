// An event source mapping from a stream to a function that survives bad batches: partial responses, bisect, retries
// for as long as the stream keeps the records; what is given up goes to a bucket with its records, and sets off an alarm, as
// lagging behind does.
import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Batching } from '../settings/batching.ts';
import type { ConsumerFunction } from './consumer-function.ts';
import { AT_ONCE, addMetricAlarm, type WatchedMetric } from './metric-alarm.ts';

export interface StreamMappingOptions {
  readonly consumer: ConsumerFunction;
  readonly stream: {
    readonly kind: 'kinesis' | 'dynamodb';
    readonly arn: string;
    /** How long it keeps its records; default 24 hours: the least of Kinesis, and what DynamoDB's always do. */
    readonly retention?: Duration;
  };
  readonly failures: Bucket;
  /** For a function that reads several tables: the stack's name of this table, under which it reports how far behind it is. */
  readonly changelog?: string;
  /** An event holds at most 6 MB whatever this says. */
  readonly batching: Batching;
  /** Default true. One that is off keeps its place in the stack, so that switching it on begins with what the stream holds. */
  readonly enabled?: boolean;
  /** What of the stream is for the function, as a pattern for its records; default: all. The rest costs no invocation. */
  readonly pattern?: Readonly<Record<string, unknown>>;
}

export class StreamMapping extends Construct {
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, options: StreamMappingOptions) {
    super(scope, id);
    const { consumer, stream, failures, batching, enabled = true, pattern } = options;
    const permissions = [
      ...READ_GRANTS[stream.kind](stream.arn).map(({ actions, resource }) =>
        consumer.allow(actions, resource),
      ),
      // Lambda lists the bucket to see that it is there, and adds objects under any key of its own making.
      consumer.allow(['s3:ListBucket'], failures.bucketArn),
      consumer.allow(['s3:PutObject'], failures.arnForObjects('*')),
    ];
    this.mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer.fn,
      eventSourceArn: stream.arn,
      enabled,
      // LATEST would lose what comes while the mapping is being created.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: batching.size,
      maxBatchingWindow: batching.window,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: RETRY_ATTEMPTS,
      maxRecordAge: maxRecordAge(stream.retention ?? Duration.hours(24)),
      // A source's records must come one batch at a time.
      parallelizationFactor: 1,
      onFailure: { bind: () => ({ destination: failures.bucketArn }) },
      supportS3OnFailureDestination: true,
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
      ...(pattern === undefined ? {} : { filters: [{ pattern: JSON.stringify(pattern) }] }),
    });
    this.mapping.node.addDependency(...permissions);
    this.#addAlarms(options);
  }

  #addAlarms({ consumer, batching, changelog }: StreamMappingOptions): void {
    const ofMapping = (metric: string): WatchedMetric => ({
      namespace: 'AWS/Lambda',
      metric,
      dimensions: { EventSourceMappingUUID: this.mapping.eventSourceMappingId },
      statistic: 'Sum',
    });
    // The time a batch waits to fill up is not the reader's fault.
    const over = BEHIND_MS + batching.window.toMilliseconds();
    consumer.watchAge(over);
    if (changelog !== undefined)
      addMetricAlarm(this, 'Lagging', {
        entry: 'lagging',
        description: `${consumer.name} is behind in the changelog of ${changelog}`,
        watched: { ...consumer.published('lagMs', { changelog }), statistic: 'Maximum' },
        over,
      });
    addMetricAlarm(this, 'GivenUp', {
      entry: 'given-up',
      description: `Records were given up for ${consumer.name} and are in the failures bucket`,
      watched: ofMapping('OnFailureDestinationDeliveredEventCount'),
      over: 0,
      points: AT_ONCE,
    });
    addMetricAlarm(this, 'Lost', {
      entry: 'lost',
      description: `Records were given up for ${consumer.name} and could not be written to the failures bucket`,
      watched: ofMapping('DroppedEventCount'),
      over: 0,
      points: AT_ONCE,
    });
  }
}

const BEHIND_MS = 60_000;

/**
 * Without end: a record that is at fault is quarantined by the function, so what fails is a table or the function itself, and
 * giving up would only take from the books what will be written once the trouble is over. Age ends it.
 */
const RETRY_ATTEMPTS = -1;

/** Kept free before the stream lets go of a record, so that what is given up can still be read and lands in the bucket. */
const MARGIN = Duration.hours(4);
/** As much as Lambda takes. */
const MOST_RECORD_AGE = Duration.days(7);

function maxRecordAge(retention: Duration): Duration {
  const age = retention.toSeconds() - MARGIN.toSeconds();
  return Duration.seconds(Math.min(age, MOST_RECORD_AGE.toSeconds()));
}

const READ_GRANTS = {
  kinesis: (arn: string) => [
    {
      actions: [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      resource: arn,
    },
  ],
  dynamodb: (arn: string) => [
    {
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resource: arn,
    },
    // The one wildcard: ListStreams knows no resource, and Lambda asks for it when the mapping is made.
    { actions: ['dynamodb:ListStreams'], resource: '*' },
  ],
};
