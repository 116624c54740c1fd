// Makes a table as the settings say: on demand or with units that follow the load, and where replicas are asked for as a global
// table. Whoever uses one need not know which.
import {
  AttributeType,
  Billing,
  Capacity,
  type ITable,
  ProjectionType,
  type StreamViewType,
  Table,
  TableEncryption,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { TTL_ATTRIBUTE } from '../../src/platform/names.ts';
import type { ScaledUnits, TableCapacity } from '../settings/settings.ts';
import {
  isProtected,
  removalOf,
  type TableOptions,
  tableSettings,
  warmThroughput,
} from './table-settings.ts';

export interface TableShape {
  /** text */
  readonly partitionKey: string;
  /** text */
  readonly sortKey?: string;
  readonly stream?: StreamViewType;
  readonly indexes?: readonly TableIndex[];
}

/** An index of keys alone: it is written when a key changes, not with every write. */
export interface TableIndex {
  readonly name: string;
  readonly partitionKey: Attribute;
  readonly sortKey: Attribute;
}

interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
}

export function addTable(scope: Construct, id: string, shape: TableShape, options: TableOptions): ITable {
  return options.replicas === undefined
    ? addRegionalTable(scope, id, shape, options)
    : addGlobalTable(scope, id, shape, { ...options, replicas: options.replicas });
}

function addRegionalTable(scope: Construct, id: string, shape: TableShape, options: TableOptions): ITable {
  const { kmsKey, capacity, warm } = options;
  const table = new Table(scope, id, {
    ...tableSettings(options),
    ...keysOf(shape),
    ...(kmsKey === undefined
      ? {}
      : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: keyOf(scope, `${id}Key`, kmsKey) }),
  });
  for (const { name, partitionKey, sortKey } of shape.indexes ?? []) {
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey,
      sortKey,
      projectionType: ProjectionType.KEYS_ONLY,
      ...(warm === undefined ? {} : { warmThroughput: warmThroughput(warm) }),
      ...(capacity === undefined
        ? {}
        : { readCapacity: capacity.read.least, writeCapacity: capacity.write.least }),
    });
  }
  if (capacity !== undefined) followLoad(table, shape, capacity);
  return table as ITable; // by the CDK's types, which are not written for exact optional properties, it is none
}

/** An index that runs out of units holds up the table's writes: it follows the load as the table does. */
function followLoad(table: Table, { indexes = [] }: TableShape, { read, write }: TableCapacity): void {
  const range = ({ least, most }: ScaledUnits) => ({ minCapacity: least, maxCapacity: most });
  const by = ({ target }: ScaledUnits) => ({ targetUtilizationPercent: target });
  table.autoScaleReadCapacity(range(read)).scaleOnUtilization(by(read));
  table.autoScaleWriteCapacity(range(write)).scaleOnUtilization(by(write));
  for (const { name } of indexes) {
    table.autoScaleGlobalSecondaryIndexReadCapacity(name, range(read)).scaleOnUtilization(by(read));
    table.autoScaleGlobalSecondaryIndexWriteCapacity(name, range(write)).scaleOnUtilization(by(write));
  }
}

type GlobalOptions = TableOptions & { readonly replicas: readonly string[] };

function addGlobalTable(scope: Construct, id: string, shape: TableShape, options: GlobalOptions): ITable {
  const { throwAway = false, kmsKey, capacity, warm, replicas } = options;
  const scaled = ({ least, most, target }: ScaledUnits) =>
    Capacity.autoscaled({ minCapacity: least, maxCapacity: most, targetUtilizationPercent: target });
  return new TableV2(scope, id, {
    ...keysOf(shape),
    billing:
      capacity === undefined
        ? Billing.onDemand()
        : Billing.provisioned({ readCapacity: scaled(capacity.read), writeCapacity: scaled(capacity.write) }),
    ...(warm === undefined ? {} : { warmThroughput: warmThroughput(warm) }),
    ...(kmsKey === undefined
      ? {}
      : {
          encryption: TableEncryptionV2.customerManagedKey(
            keyOf(scope, `${id}Key`, kmsKey),
            Object.fromEntries(replicas.map((region) => [region, inRegion(kmsKey, region)])),
          ),
        }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: TTL_ATTRIBUTE,
    deletionProtection: isProtected(options),
    removalPolicy: removalOf(throwAway),
    replicas: replicas.map((region) => ({ region })),
    globalSecondaryIndexes: (shape.indexes ?? []).map(({ name, partitionKey, sortKey }) => ({
      indexName: name,
      partitionKey,
      sortKey,
      projectionType: ProjectionType.KEYS_ONLY,
      ...(warm === undefined ? {} : { warmThroughput: warmThroughput(warm) }),
    })),
  }) as ITable;
}

function keysOf({ partitionKey, sortKey, stream }: TableShape) {
  return {
    partitionKey: { name: partitionKey, type: AttributeType.STRING },
    ...(sortKey === undefined ? {} : { sortKey: { name: sortKey, type: AttributeType.STRING } }),
    ...(stream === undefined ? {} : { stream }),
  };
}

function keyOf(scope: Construct, id: string, arn: string): IKey {
  return Key.fromKeyArn(scope, id, arn);
}

/** ARN of a multi-Region key in a region: its id is the same everywhere. */
function inRegion(arn: string, region: string): string {
  return arn.split(':').with(3, region).join(':');
}
