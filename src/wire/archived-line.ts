// Stream records as an archive keeps them: a line of JSON each, as the stream carried it. The same record is the same line, whoever
// writes it. Data that is text is kept as text: packed it takes two thirds of what base64 takes.
import { Buffer } from 'node:buffer';
import type { ArchivedLine, ParsedLine } from '../core/archive/archived-object.ts';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { describeFound } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { type RecordedChange, readRecordedChange } from './recorded-change.ts';
import type { RecordedKinesisRecord } from './recording-entry.ts';
import type { DynamoDbEventRecord, KinesisEventRecord } from './stream-records.ts';
import { utf8Text } from './utf8-text.ts';

/** @throws TypeError for a record that states no sequence number or arrival */
export function kinesisArchivedLine({ kinesis }: Pick<KinesisEventRecord, 'kinesis'>): ArchivedLine {
  const { sequenceNumber, approximateArrivalTimestamp, partitionKey, data } = kinesis;
  const bytes = Buffer.from(data, 'base64');
  const text = utf8Text(bytes);
  const content = text === undefined ? { base64: bytes.toString('base64') } : { text };
  return archivedLine(sequenceNumber, approximateArrivalTimestamp, { partitionKey, ...content });
}

/** @throws TypeError for a record that states no sequence number or arrival */
export function changeArchivedLine(record: DynamoDbEventRecord): ArchivedLine {
  const { eventID, eventName, userIdentity } = record;
  const { SequenceNumber: sequence, ApproximateCreationDateTime: seconds, ...dynamodb } = record.dynamodb;
  const identity = userIdentity === undefined ? {} : { userIdentity };
  return archivedLine(sequence, seconds, { change: { eventID, eventName, dynamodb, ...identity } });
}

function archivedLine(sequence: string, seconds: number, content: object): ArchivedLine {
  const arrivalMs = Math.round(seconds * 1_000);
  if (!/^\d{1,60}$/.test(sequence) || !Number.isSafeInteger(arrivalMs) || arrivalMs < 0) {
    const found = `${describeFound(sequence)} and ${describeFound(seconds)}`;
    throw new TypeError(`found ${found}, expected a sequence number and an arrival in seconds`);
  }
  // digits, as checked: a sequence number
  const named = { sequence: sequence as SequenceNumber, arrivalMs };
  return { ...named, line: JSON.stringify({ ...named, ...content }) };
}

/** What a line of an archive holds; a text is what is wrong with it. `lineNumber`: 1-based, of the unpacked object. */
export function readArchivedRecord(
  { sequence, arrivalMs, fields }: Pick<ParsedLine, 'sequence' | 'arrivalMs' | 'fields'>,
  { shard, lineNumber }: { readonly shard: ShardId; readonly lineNumber: number },
): RecordedKinesisRecord | RecordedChange | string {
  const { change } = fields;
  if (change !== undefined) return readChange(change, { sequence, arrivalMs, lineNumber });
  const { partitionKey, text, base64 } = fields;
  if (typeof partitionKey !== 'string') {
    return `partitionKey: found ${describeFound(partitionKey)}, expected a text`;
  }
  const data = typeof text === 'string' ? Buffer.from(text).toString('base64') : base64;
  if (typeof data !== 'string' || Buffer.from(data, 'base64').toString('base64') !== data) {
    return `found data that is ${describeFound(text ?? base64)}, expected a text or base64`;
  }
  return { kind: 'kinesis', line: lineNumber, shard, sequence, partitionKey, data, arrivalMs };
}

function readChange(
  change: unknown,
  {
    sequence,
    arrivalMs,
    lineNumber,
  }: Pick<ParsedLine, 'sequence' | 'arrivalMs'> & { readonly lineNumber: number },
): RecordedChange | string {
  if (!isObject(change) || !isObject(change['dynamodb'])) {
    return `change: found ${describeFound(change)}, expected a change of a DynamoDB table`;
  }
  const dynamodb = {
    ...change['dynamodb'],
    SequenceNumber: sequence,
    ApproximateCreationDateTime: arrivalMs / 1_000,
  };
  return readRecordedChange(dynamodb, change, lineNumber);
}
