// The operators' route on the API, and the function behind it, which may mark a source as retired and no more.
import { Duration } from 'aws-cdk-lib';
import { type IAuthorizer, LambdaIntegration, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { RETIREMENT_PATH } from '../../src/platform/door.ts';
import { VARIABLE } from '../../src/platform/names.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { SourcesTable } from './sources-table.ts';

export interface RetireApiOptions {
  readonly codeFolder: string;
  readonly api: RestApi;
  /** Admits operators only. */
  readonly authorizer: IAuthorizer;
  readonly sources: SourcesTable;
}

export class RetireApi extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, { codeFolder, api, authorizer, sources }: RetireApiOptions) {
    super(scope, id);
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'retire',
      codeFolder,
      memoryMb: 512,
      // A user waits for the answer.
      timeout: Duration.seconds(15),
      alarms: [{ entry: 'failing', metric: 'failures', description: 'requests are answered 5xx' }],
      environment: { [VARIABLE.table('sources')]: sources.table.tableName },
    });
    this.consumer.allow(['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate'], sources.table.tableArn);
    const integration = new LambdaIntegration(this.consumer.fn, { allowTestInvoke: false });
    api.root.resourceForPath(RETIREMENT_PATH).addMethod('POST', integration, { authorizer });
  }
}
