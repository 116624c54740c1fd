// What all tables have in common: restorable, hard to delete by accident, expiring items; on demand, unless the settings give
// them units.
import { RemovalPolicy } from 'aws-cdk-lib';
import { BillingMode } from 'aws-cdk-lib/aws-dynamodb';
import { TTL_ATTRIBUTE } from '../../src/platform/names.ts';
import type { Settings } from '../settings/settings.ts';

export type TableOptions = Pick<
  Settings,
  'throwAway' | 'firstCreate' | 'kmsKey' | 'capacity' | 'warm' | 'replicas' | 'region'
>;

export function tableSettings({ throwAway = false, firstCreate = false, capacity, warm }: TableOptions) {
  return {
    ...(capacity === undefined
      ? { billingMode: BillingMode.PAY_PER_REQUEST }
      : {
          billingMode: BillingMode.PROVISIONED,
          readCapacity: capacity.read.least,
          writeCapacity: capacity.write.least,
        }),
    ...(warm === undefined ? {} : { warmThroughput: warmThroughput(warm) }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: TTL_ATTRIBUTE,
    deletionProtection: isProtected({ throwAway, firstCreate }),
    removalPolicy: removalOf(throwAway),
  };
}

export function warmThroughput({ read, write }: NonNullable<TableOptions['warm']>) {
  return { readUnitsPerSecond: read, writeUnitsPerSecond: write };
}

/** What is protected is left where a creation fails, and the next one finds its place taken. */
export function isProtected({ throwAway = false, firstCreate = false }: TableOptions): boolean {
  return !throwAway && !firstCreate;
}

/** Tables are kept, except those of a first deployment that failed: they are deleted so that they are not in the way of the next. */
export function removalOf(throwAway: boolean): RemovalPolicy {
  return throwAway ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}
