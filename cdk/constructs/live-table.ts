// Live connections, their subscriptions, and changes of watched sources on their way to them. All of it is of the moment:
// it goes with the stack, and nothing of it is worth restoring.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { LIVE_TABLE, TTL_ATTRIBUTE } from '../../src/platform/names.ts';

export class LiveTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TTL_ATTRIBUTE,
      deletionProtection: false,
      removalPolicy: RemovalPolicy.DESTROY,
      partitionKey: { name: LIVE_TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: LIVE_TABLE.sortKey, type: AttributeType.STRING },
      stream: StreamViewType.NEW_IMAGE,
    });
  }
}
