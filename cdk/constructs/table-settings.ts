// What all tables have in common: on demand, restorable, hard to delete by accident, expiring items.
import { RemovalPolicy } from 'aws-cdk-lib';
import { BillingMode } from 'aws-cdk-lib/aws-dynamodb';
import { TTL_ATTRIBUTE } from '../../src/platform/names.ts';

export interface TableOptions {
  /** Goes with the stack, data included; default: protected and kept. */
  readonly throwAway?: boolean;
}

export function tableSettings({ throwAway = false }: TableOptions) {
  return {
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: TTL_ATTRIBUTE,
    deletionProtection: !throwAway,
    removalPolicy: throwAway ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  };
}
