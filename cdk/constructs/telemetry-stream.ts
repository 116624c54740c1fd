// The Kinesis stream that carries the telemetry, with an alarm for writes it refuses.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { addMetricAlarm } from './metric-alarm.ts';

export interface TelemetryStreamOptions {
  /** Provisioned with so many shards; default: on demand. */
  readonly shards?: number;
  /** 24 hours to a year; default: a week, or 24 hours where it is thrown away. */
  readonly retention?: Duration;
  /** Goes with the stack; default: it is kept. */
  readonly throwAway?: boolean;
}

export class TelemetryStream extends Construct {
  readonly stream: Stream;
  readonly retention: Duration;

  constructor(scope: Construct, id: string, options: TelemetryStreamOptions = {}) {
    super(scope, id);
    this.retention =
      options.retention ?? (options.throwAway === true ? Duration.hours(24) : Duration.days(7));
    this.stream = new Stream(this, 'Stream', {
      ...(options.shards === undefined
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: options.shards }),
      // AWS's own key: no key to pay for, and readers and writers need no grant on it.
      encryption: StreamEncryption.MANAGED,
      retentionPeriod: this.retention,
      removalPolicy: options.throwAway === true ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    addMetricAlarm(this, 'WritesRefused', {
      description: 'The stream refuses writes: a hot source, or too few shards',
      namespace: 'AWS/Kinesis',
      metric: 'WriteProvisionedThroughputExceeded',
      dimensions: { StreamName: this.stream.streamName },
      statistic: 'Sum',
      over: 0,
      minutes: 5,
    });
  }
}
