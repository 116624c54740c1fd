// Judges what the changelogs say: sources stream and windows stream → alerts table. Off where no alert asks for it.
import { Duration } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import type { AlertsInUse } from '../alerts-in.ts';
import type { Batching } from '../settings/batching.ts';
import type { AlertsTable } from './alerts-table.ts';
import { ConsumerFunction, FAILING, missing } from './consumer-function.ts';
import { ROLLUP_WINDOW_WRITES } from './rollup-window-writes.ts';
import type { SourcesTable } from './sources-table.ts';
import { StreamMapping } from './stream-mapping.ts';
import { tableStreamArn } from './table-stream-arn.ts';
import type { WindowsTable } from './windows-table.ts';

export interface AlertOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
  readonly windows: WindowsTable;
  readonly alerts: AlertsTable;
  readonly failures: Bucket;
  readonly inUse: AlertsInUse;
  readonly batching: Batching;
}

export class Alert extends Construct {
  readonly consumer: ConsumerFunction;
  readonly sourcesMapping: StreamMapping;
  readonly windowsMapping: StreamMapping;

  constructor(scope: Construct, id: string, options: AlertOptions) {
    super(scope, id);
    const { sources, windows, alerts, failures, inUse } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'alert',
      codeFolder: options.codeFolder,
      memoryMb: 1024,
      timeout: Duration.minutes(1),
      alarms: [
        FAILING,
        missing('unreadableChanges', 'changes cannot be read, and alerts were not judged on them'),
        missing('unfitAlerts', 'alerts cannot be read or would be too large, and were not judged'),
      ],
      environment: {
        [VARIABLE.table('alerts')]: alerts.table.tableName,
        [VARIABLE.table('windows')]: windows.table.tableName,
      },
    });
    this.consumer.allow(ALERTS_ACTIONS, alerts.table.tableArn);
    // A rollup window kept in parts is read as a whole.
    this.consumer.allow(['dynamodb:Query'], windows.table.tableArn);
    const reader = ({ table }: SourcesTable | WindowsTable) => ({
      consumer: this.consumer,
      stream: { kind: 'dynamodb' as const, arn: tableStreamArn(table) },
      failures,
      batching: options.batching,
    });
    this.sourcesMapping = new StreamMapping(this, 'SourcesReader', {
      ...reader(sources),
      changelog: 'sources',
      enabled: inUse.onSources,
    });
    this.windowsMapping = new StreamMapping(this, 'WindowsReader', {
      ...reader(windows),
      changelog: 'windows',
      enabled: inUse.onRollups,
      pattern: ROLLUP_WINDOW_WRITES,
    });
  }
}

const ALERTS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
