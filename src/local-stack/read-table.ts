// AWS::DynamoDB::Table, AWS::DynamoDB::GlobalTable
import { KeyType, ProjectionType, ScalarAttributeType, StreamViewType } from '@aws-sdk/client-dynamodb';
import { asArray, asObject, asText, ifPresent } from './property.ts';
import type { ResourceToRead } from './resource-to-read.ts';

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: KeyType;
}

export interface TableIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: {
    readonly ProjectionType: ProjectionType;
    readonly NonKeyAttributes?: readonly string[];
  };
}

/** As the API's CreateTable wants it, plus TTL. */
export interface TableSpec {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** What the template's references to the stream resolve to; the true ARN comes with the table. */
  readonly streamArn: string;
  readonly keySchema: readonly KeyElement[];
  readonly attributes: readonly {
    readonly AttributeName: string;
    readonly AttributeType: ScalarAttributeType;
  }[];
  readonly globalIndexes: readonly TableIndex[];
  readonly localIndexes: readonly TableIndex[];
  /** Undefined: no change stream. */
  readonly streamView: StreamViewType | undefined;
  readonly ttlAttribute: string | undefined;
}

export function readTable({ logicalId, name, arn, attributes, property }: ResourceToRead): TableSpec {
  const at = (key: string) => `${logicalId}.${key}`;
  const list = (key: string) => ifPresent(property(key), asArray, at(key)) ?? [];
  const section = (key: string) => ifPresent(property(key), asObject, at(key));
  for (const key of ['ImportSourceSpecification', 'KinesisStreamSpecification']) {
    if (property(key) === undefined) continue;
    throw new Error(`template, ${at(key)}: found one, expected none: it does not run locally`);
  }
  const ttl = section('TimeToLiveSpecification');
  const ttlOn = ttl?.['Enabled'] === true || ttl?.['Enabled'] === 'true';
  const view = section('StreamSpecification')?.['StreamViewType'];
  return {
    logicalId,
    name,
    arn,
    streamArn: attributes['StreamArn'] ?? '',
    keySchema: readKeys(property('KeySchema'), at('KeySchema')),
    attributes: list('AttributeDefinitions').map((attribute) => ({
      AttributeName: asText(asObject(attribute, at('AttributeDefinitions'))['AttributeName'], logicalId),
      AttributeType: asOneOf(
        Object.values(ScalarAttributeType),
        asObject(attribute, at('AttributeDefinitions'))['AttributeType'],
        at('AttributeDefinitions.AttributeType'),
      ),
    })),
    globalIndexes: list('GlobalSecondaryIndexes').map((index) =>
      readIndex(index, at('GlobalSecondaryIndexes')),
    ),
    localIndexes: list('LocalSecondaryIndexes').map((index) => readIndex(index, at('LocalSecondaryIndexes'))),
    streamView:
      view === undefined ? undefined : asOneOf(Object.values(StreamViewType), view, at('StreamViewType')),
    ttlAttribute: ttlOn ? asText(ttl['AttributeName'], at('TimeToLiveSpecification')) : undefined,
  };
}

function readIndex(value: unknown, where: string): TableIndex {
  const index = asObject(value, where);
  const projection = asObject(index['Projection'], `${where}.Projection`);
  const others = ifPresent(projection['NonKeyAttributes'], asArray, `${where}.NonKeyAttributes`);
  return {
    IndexName: asText(index['IndexName'], `${where}.IndexName`),
    KeySchema: readKeys(index['KeySchema'], `${where}.KeySchema`),
    Projection: {
      ProjectionType: asOneOf(
        Object.values(ProjectionType),
        projection['ProjectionType'],
        `${where}.ProjectionType`,
      ),
      ...(others === undefined ? {} : { NonKeyAttributes: others.map((name) => asText(name, where)) }),
    },
  };
}

function readKeys(value: unknown, where: string): KeyElement[] {
  return asArray(value, where).map((element) => {
    const { AttributeName, KeyType: kind } = asObject(element, where);
    return {
      AttributeName: asText(AttributeName, where),
      KeyType: asOneOf(Object.values(KeyType), kind, `${where}.KeyType`),
    };
  });
}

function asOneOf<T extends string>(allowed: readonly T[], value: unknown, where: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(
    `template, ${where}: found ${JSON.stringify(value)}, expected one of ${allowed.join(', ')}`,
  );
}
