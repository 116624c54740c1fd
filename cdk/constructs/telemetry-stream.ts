// The Kinesis stream that carries the telemetry, with an alarm for writes it refuses.
import { Duration } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { addMetricAlarm, OWN, type WatchedMetric } from './metric-alarm.ts';
import { removalOf } from './table-settings.ts';

export type TelemetryStreamOptions = Pick<
  Settings,
  'shards' | 'retentionMs' | 'throwAway' | 'kmsKey' | 'quietAfterMs'
>;

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
    const ofStream = (metric: string): WatchedMetric => ({
      namespace: 'AWS/Kinesis',
      metric,
      dimensions: { StreamName: this.stream.streamName },
      statistic: 'Sum',
    });
    addMetricAlarm(this, 'WritesRefused', {
      entry: 'writes-refused',
      description: 'The stream refuses writes: a hot source, or too few shards',
      watched: ofStream('WriteProvisionedThroughputExceeded'),
      over: 0,
    });
    if (options.quietAfterMs === undefined) return;
    const periods = options.quietAfterMs / (QUIET_PERIOD_MINUTES * 60_000);
    addMetricAlarm(this, 'Quiet', {
      entry: 'quiet',
      description: `No record has come into the stream for ${periods * QUIET_PERIOD_MINUTES} minutes`,
      // The closer's ticks come into it too.
      watched: {
        expression: 'FILL(incoming, 0) - FILL(ticks, 0)',
        of: {
          incoming: ofStream('IncomingRecords'),
          ticks: { namespace: OWN, metric: 'ticks', dimensions: { service: 'close' }, statistic: 'Sum' },
        },
      },
      under: 1,
      periodMinutes: QUIET_PERIOD_MINUTES,
      points: { beyond: periods, of: periods },
      silence: 'trouble',
    });
  }
}

const QUIET_PERIOD_MINUTES = 5;
