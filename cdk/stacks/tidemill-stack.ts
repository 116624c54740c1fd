// The whole system: what is deployed, and what the local runtime reads to run the same on a laptop.
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type FunctionName, OUTPUTS } from '../../src/platform/names.ts';
import type { AlertsInUse } from '../alerts-in.ts';
import { Aggregate } from '../constructs/aggregate.ts';
import { Alert } from '../constructs/alert.ts';
import { AlertClock } from '../constructs/alert-clock.ts';
import { AlertsTable } from '../constructs/alerts-table.ts';
import { Close } from '../constructs/close.ts';
import { DeadLettersTable } from '../constructs/dead-letters-table.ts';
import { FailuresBucket } from '../constructs/failures-bucket.ts';
import { OperationsDashboard } from '../constructs/operations-dashboard.ts';
import { Publish } from '../constructs/publish.ts';
import { Rollup } from '../constructs/rollup.ts';
import { SourcesTable } from '../constructs/sources-table.ts';
import { enforceStreamReaderRules } from '../constructs/stream-reader-rules.ts';
import { TelemetryStream } from '../constructs/telemetry-stream.ts';
import { WindowsTable } from '../constructs/windows-table.ts';

export interface TidemillStackOptions {
  /** Kinesis shards, provisioned; default: on demand. */
  readonly shards?: number;
  /** Data goes when the stack goes; default: protected and kept. */
  readonly throwAway?: boolean;
}

export interface TidemillStackProps extends TidemillStackOptions, StackProps {
  /** Code folder of each function. */
  readonly code: Readonly<Record<FunctionName, string>>;
  /** What of the alerts runs; default: all. */
  readonly alerts?: AlertsInUse;
}

export class TidemillStack extends Stack {
  constructor(scope: Construct, id: string, props: TidemillStackProps) {
    super(scope, id, { description: 'Tidemill: real-time telemetry aggregation', ...props });
    const { code, alerts: inUse = ALL_ALERTS } = props;
    const { stream } = new TelemetryStream(this, 'Telemetry', props);
    const sources = new SourcesTable(this, 'Sources', props);
    const windows = new WindowsTable(this, 'Windows', props);
    const deadLetters = new DeadLettersTable(this, 'DeadLetters', props);
    const alerts = new AlertsTable(this, 'Alerts', props);
    const { bucket: failures } = new FailuresBucket(this, 'Failures', props);

    const aggregate = new Aggregate(this, 'Aggregate', {
      codeFolder: code.aggregate,
      stream,
      sources,
      deadLetters,
      failures,
    });
    const rollup = new Rollup(this, 'Rollup', {
      codeFolder: code.rollup,
      sources,
      windows,
      deadLetters,
      failures,
    });
    const close = new Close(this, 'Close', { codeFolder: code.close, sources });
    const alert = new Alert(this, 'Alert', {
      codeFolder: code.alert,
      sources,
      windows,
      alerts,
      failures,
      inUse,
    });
    const alertClock = new AlertClock(this, 'AlertClock', {
      codeFolder: code['alert-clock'],
      sources,
      alerts,
      enabled: inUse.onSilence,
    });
    const publish = new Publish(this, 'Publish', {
      codeFolder: code.publish,
      alerts,
      failures,
      enabled: inUse.onSources || inUse.onRollups,
    });
    new OperationsDashboard(this, 'Operations', {
      stream,
      readers: [
        aggregate,
        rollup,
        { consumer: alert.consumer, mapping: alert.sourcesMapping },
        { consumer: alert.consumer, mapping: alert.windowsMapping },
        publish,
      ],
      others: [close.consumer, alertClock.consumer],
    });
    enforceStreamReaderRules(this);

    new CfnOutput(this, OUTPUTS.stream, { value: stream.streamName });
    new CfnOutput(this, OUTPUTS.sourcesTable, { value: sources.table.tableName });
    new CfnOutput(this, OUTPUTS.windowsTable, { value: windows.table.tableName });
    new CfnOutput(this, OUTPUTS.deadLettersTable, { value: deadLetters.table.tableName });
    new CfnOutput(this, OUTPUTS.alertsTable, { value: alerts.table.tableName });
    new CfnOutput(this, OUTPUTS.failuresBucket, { value: failures.bucketName });
  }
}

const ALL_ALERTS: AlertsInUse = { onSources: true, onRollups: true, onSilence: true };
