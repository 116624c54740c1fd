// Every minute: looks at the alerts that the clock drives (silence, what waits, what goes stale), where there are some.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import type { AlertsTable } from './alerts-table.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { ReadersTable } from './readers-table.ts';
import { runEveryMinute } from './run-every-minute.ts';
import { addStoppedAlarm, SCHEDULED_ALARMS } from './scheduled-alarms.ts';
import type { SourcesTable } from './sources-table.ts';
import type { WindowsTable } from './windows-table.ts';

export interface AlertClockOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
  readonly alerts: AlertsTable;
  readonly windows: WindowsTable;
  readonly readers: ReadersTable;
  readonly enabled: boolean;
}

export class AlertClock extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, options: AlertClockOptions) {
    super(scope, id);
    const { codeFolder, sources, alerts, windows, readers, enabled } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'alert-clock',
      codeFolder,
      memoryMb: 512,
      // Ends before the next one begins.
      timeout: Duration.seconds(50),
      alarms: SCHEDULED_ALARMS,
      environment: {
        [VARIABLE.table('alerts')]: alerts.table.tableName,
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('windows')]: windows.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
      },
    });
    this.consumer.allow(['dynamodb:Query'], alerts.checkingIndexArn);
    this.consumer.allow(
      ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'],
      alerts.table.tableArn,
    );
    this.consumer.allow(['dynamodb:BatchGetItem', 'dynamodb:Scan'], sources.table.tableArn);
    // Up to when the stream has been read; the series of rollups there are, and the latest window of each.
    this.consumer.allow(['dynamodb:BatchGetItem', 'dynamodb:Query'], readers.table.tableArn);
    this.consumer.allow(['dynamodb:Query'], windows.table.tableArn);
    runEveryMinute(this, this.consumer, 'Looks for sources that fell silent', { enabled });
    if (enabled) addStoppedAlarm(this, this.consumer);
  }
}
