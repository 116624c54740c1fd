// A recorded change of a DynamoDB table: a record of a Lambda event, or an entry of `dynamodbstreams get-records`.
import type { EpochMs, SequenceNumber } from '../core/brands.ts';
import { describeFound } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { parseRfc3339 } from '../core/rfc3339.ts';
import type { DynamoDbEventRecord, ItemJson } from './stream-records.ts';

export interface RecordedChange {
  readonly kind: 'dynamodb';
  /** 1-based line of the file. */
  readonly line: number;
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
  /** As a function is handed it. */
  readonly record: DynamoDbEventRecord;
}

type Fields = Readonly<Record<string, unknown>>;

/** A text is what is wrong with it: found, expected, where. `change` is the field `dynamodb`. */
export function readRecordedChange(change: Fields, around: Fields, line: number): RecordedChange | string {
  const { Keys, SequenceNumber: sequence, OldImage, NewImage } = change;
  const eventName = EVENT_NAMES.find((name) => name === around['eventName']);
  if (eventName === undefined) {
    return `eventName: found ${describeFound(around['eventName'])}, expected INSERT, MODIFY or REMOVE`;
  }
  if (typeof sequence !== 'string' || !/^\d{1,40}$/.test(sequence)) {
    return `SequenceNumber: found ${describeFound(sequence)}, expected a text of digits`;
  }
  const arrivalMs = readTimeMs(change['ApproximateCreationDateTime']);
  if (arrivalMs === undefined) {
    const found = describeFound(change['ApproximateCreationDateTime']);
    return `ApproximateCreationDateTime: found ${found}, expected seconds since the epoch or RFC 3339 text`;
  }
  if (!isItem(Keys)) return `Keys: found ${describeFound(Keys)}, expected an item in DynamoDB's JSON`;
  for (const [name, image] of Object.entries({ OldImage, NewImage })) {
    if (image !== undefined && !isItem(image)) {
      return `${name}: found ${describeFound(image)}, expected an item in DynamoDB's JSON`;
    }
  }
  const record: DynamoDbEventRecord = {
    eventID: textOr(around['eventID'], sequence),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: textOr(around['eventSourceARN'], ''),
    awsRegion: textOr(around['awsRegion'], ''),
    dynamodb: {
      ApproximateCreationDateTime: arrivalMs / 1_000,
      Keys,
      ...(isItem(OldImage) ? { OldImage } : {}),
      ...(isItem(NewImage) ? { NewImage } : {}),
      SequenceNumber: sequence,
      SizeBytes: typeof change['SizeBytes'] === 'number' ? change['SizeBytes'] : 0,
      StreamViewType: textOr(change['StreamViewType'], 'NEW_AND_OLD_IMAGES'),
    },
    ...identityOf(around['userIdentity']),
  };
  // digits, as checked: a sequence number
  return { kind: 'dynamodb', line, sequence: sequence as SequenceNumber, arrivalMs, record };
}

const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'] as const;

/** Attributes by name, each an object with its type; what the values are, the readers of the table check. */
function isItem(value: unknown): value is ItemJson {
  return isObject(value) && Object.values(value).every(isObject);
}

/** The API spells its keys with capitals, Lambda without. */
function identityOf(identity: unknown): Pick<DynamoDbEventRecord, 'userIdentity'> {
  if (!isObject(identity)) return {};
  const type = identity['type'] ?? identity['Type'];
  const principalId = identity['principalId'] ?? identity['PrincipalId'];
  return { userIdentity: { type: textOr(type, ''), principalId: textOr(principalId, '') } };
}

function readTimeMs(time: unknown): EpochMs | undefined {
  if (typeof time === 'string') return parseRfc3339(time);
  return typeof time === 'number' && Number.isFinite(time) ? Math.round(time * 1_000) : undefined;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
