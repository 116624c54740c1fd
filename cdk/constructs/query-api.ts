// The query API: readers' GET methods on the API, and the function behind them, which may read and keep totals, no more.
import { Duration } from 'aws-cdk-lib';
import { type IAuthorizer, LambdaIntegration, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { QUERY_PATHS, VARIABLE } from '../../src/platform/names.ts';
import type { AlertsTable } from './alerts-table.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { DeadLettersTable } from './dead-letters-table.ts';
import type { ReadersTable } from './readers-table.ts';
import type { SourcesTable } from './sources-table.ts';
import type { WindowsTable } from './windows-table.ts';

export interface QueryApiOptions {
  readonly codeFolder: string;
  readonly api: RestApi;
  /** Lets readers in, and not devices. */
  readonly authorizer: IAuthorizer;
  readonly sources: SourcesTable;
  readonly windows: WindowsTable;
  readonly deadLetters: DeadLettersTable;
  readonly alerts: AlertsTable;
  readonly readers: ReadersTable;
}

export class QueryApi extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, options: QueryApiOptions) {
    super(scope, id);
    const { api, authorizer, sources, windows, deadLetters, alerts, readers } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'query',
      codeFolder: options.codeFolder,
      // Sketches are merged and pages of megabytes written: a CPU's worth of memory.
      memoryMb: 1769,
      // API Gateway waits 29 seconds.
      timeout: Duration.seconds(28),
      alarms: [{ entry: 'failing', metric: 'failures', description: 'requests are answered 500' }],
      environment: {
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('windows')]: windows.table.tableName,
        [VARIABLE.table('deadLetters')]: deadLetters.table.tableName,
        [VARIABLE.table('alerts')]: alerts.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
      },
    });
    this.consumer.allow(['dynamodb:BatchGetItem', 'dynamodb:Scan'], sources.table.tableArn);
    this.consumer.allow(['dynamodb:Query'], windows.table.tableArn);
    this.consumer.allow(['dynamodb:Scan'], deadLetters.table.tableArn);
    this.consumer.allow(['dynamodb:BatchGetItem'], alerts.table.tableArn);
    this.consumer.allow(['dynamodb:Query'], alerts.standingIndexArn);
    this.consumer.allow(READERS_ACTIONS, readers.table.tableArn);
    const integration = new LambdaIntegration(this.consumer.fn, { allowTestInvoke: false });
    for (const path of QUERY_PATHS) {
      api.root.resourceForPath(path).addMethod('GET', integration, { authorizer });
    }
  }
}

/** The series of rollups are listed; the totals of the ledger are read and kept. */
const READERS_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:Query',
];
