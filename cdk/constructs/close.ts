// Every minute: closes the windows of sources that fell silent.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import { ConsumerFunction } from './consumer-function.ts';
import { runEveryMinute } from './run-every-minute.ts';
import { addStoppedAlarm, SCHEDULED_ALARMS } from './scheduled-alarms.ts';
import type { SourcesTable } from './sources-table.ts';

export interface CloseOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
}

export class Close extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, { codeFolder, sources }: CloseOptions) {
    super(scope, id);
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'close',
      codeFolder,
      memoryMb: 512,
      // Ends before the next one begins.
      timeout: Duration.seconds(50),
      alarms: SCHEDULED_ALARMS,
      environment: { [VARIABLE.table('sources')]: sources.table.tableName },
    });
    this.consumer.allow(['dynamodb:Query'], sources.closingIndexArn);
    this.consumer.allow(SOURCES_ACTIONS, sources.table.tableArn);
    runEveryMinute(this, this.consumer, 'Closes the windows of silent sources');
    addStoppedAlarm(this, this.consumer);
  }
}

const SOURCES_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate'];
