// The Kinesis stream that carries the telemetry, with an alarm for writes it refuses.
import { Duration } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { addMetricAlarm } from './metric-alarm.ts';
import { removalOf } from './table-settings.ts';

export type TelemetryStreamOptions = Pick<Settings, 'shards' | 'retentionMs' | 'throwAway' | 'kmsKey'>;

export class TelemetryStream extends Construct {
  readonly stream: Stream;
  readonly retention: Duration;

  constructor(scope: Construct, id: string, options: TelemetryStreamOptions = {}) {
    super(scope, id);
    const { shards, retentionMs, throwAway = false, kmsKey } = options;
    this.retention =
      retentionMs === undefined ? Duration.days(throwAway ? 1 : 7) : Duration.millis(retentionMs);
    this.stream = new Stream(this, 'Stream', {
      ...(shards === undefined
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
      // AWS's own key: no key to pay for, and readers and writers need no grant on it.
      ...(kmsKey === undefined
        ? { encryption: StreamEncryption.MANAGED }
        : { encryption: StreamEncryption.KMS, encryptionKey: Key.fromKeyArn(this, 'Key', kmsKey) }),
      retentionPeriod: this.retention,
      removalPolicy: removalOf(throwAway),
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
