// Live connections, their subscriptions, and changes of watched sources on their way to them. All of it is of the moment:
// it goes with the stack, and nothing of it is worth restoring.
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LIVE_TABLE, TTL_ATTRIBUTE } from '../../src/platform/names.ts';
import type { TableOptions } from './table-settings.ts';

export class LiveTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, { kmsKey }: TableOptions = {}) {
    super(scope, id);
    const table = new Table(this, 'Table', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TTL_ATTRIBUTE,
      deletionProtection: false,
      removalPolicy: RemovalPolicy.DESTROY,
      partitionKey: { name: LIVE_TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: LIVE_TABLE.sortKey, type: AttributeType.STRING },
      stream: StreamViewType.NEW_IMAGE,
      ...(kmsKey === undefined
        ? {}
        : {
            encryption: TableEncryption.CUSTOMER_MANAGED,
            encryptionKey: Key.fromKeyArn(this, 'Key', kmsKey),
          }),
    });
    this.table = table as ITable; // by the CDK's types, which are not written for exact optional properties, it is none
  }
}
