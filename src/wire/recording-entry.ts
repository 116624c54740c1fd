// One entry of a recording, told by its shape: a telemetry event, a Kinesis record in one of three spellings, or a change of a
// DynamoDB table.
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import { describeFound } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { parseRfc3339 } from '../core/rfc3339.ts';
import { type RecordedChange, readRecordedChange } from './recorded-change.ts';

export type RecordingEntry = RecordedEvent | RecordedKinesisRecord | RecordedChange;

export interface RecordedEvent {
  readonly kind: 'event';
  /** 1-based line of the file. */
  readonly line: number;
  /** Who sent it: the partition key it goes into a stream under. */
  readonly source: string;
  /** The event as recorded, not validated, without `arrivedAt`. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** When it arrived where it was recorded. */
  readonly arrivedAt: EpochMs | undefined;
}

export interface RecordedKinesisRecord {
  readonly kind: 'kinesis';
  /** 1-based line of the file. */
  readonly line: number;
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly partitionKey: string;
  /** base64 */
  readonly data: string;
  readonly arrivalMs: EpochMs;
}

/** Where a record is said to come from when the recording does not say. */
const DEFAULT_SHARD = 'shardId-000000000000';

/** Reads a parsed JSON value as an entry; a text is what is wrong with it: found, expected, where. */
export function readRecordingEntry(parsed: unknown, line: number): RecordingEntry | string {
  if (!isObject(parsed)) return `found ${describeFound(parsed)}, ${EXPECTED}`;
  if (isObject(parsed['dynamodb'])) return readRecordedChange(parsed['dynamodb'], parsed, line);
  if (isObject(parsed['kinesis'])) return readLambdaRecord(parsed['kinesis'], parsed, line);
  if ('sequenceNumber' in parsed && 'data' in parsed) return readLambdaRecord(parsed, parsed, line);
  if ('SequenceNumber' in parsed && 'Data' in parsed) return readApiRecord(parsed, line);
  if ('source' in parsed) return readEvent(parsed, line);
  return `found an object with the keys ${describeFound(Object.keys(parsed).join(', '))}, ${EXPECTED}`;
}

const EXPECTED =
  'expected a telemetry event (with source), a Kinesis record: the kinesis object of a Lambda event, or an entry of get-records (Data, PartitionKey, SequenceNumber, ApproximateArrivalTimestamp), or a change of a DynamoDB table';

type Fields = Readonly<Record<string, unknown>>;

function readEvent(fields: Fields, line: number): RecordedEvent | string {
  const { arrivedAt, ...raw } = fields;
  const { source } = raw;
  if (typeof source !== 'string') return `source: found ${describeFound(source)}, expected a text`;
  if (arrivedAt !== undefined && !(typeof arrivedAt === 'number' && Number.isFinite(arrivedAt))) {
    return `arrivedAt: found ${describeFound(arrivedAt)}, expected ms since the epoch`;
  }
  return { kind: 'event', line, source, raw, arrivedAt };
}

function readLambdaRecord(kinesis: Fields, around: Fields, line: number): RecordedKinesisRecord | string {
  return readKinesisRecord(
    {
      data: kinesis['data'],
      partitionKey: kinesis['partitionKey'],
      sequence: kinesis['sequenceNumber'],
      arrival: kinesis['approximateArrivalTimestamp'],
      shard: shardOfEventId(around['eventID']) ?? around['ShardId'] ?? around['shardId'],
    },
    line,
  );
}

function readApiRecord(fields: Fields, line: number): RecordedKinesisRecord | string {
  return readKinesisRecord(
    {
      data: fields['Data'],
      partitionKey: fields['PartitionKey'],
      sequence: fields['SequenceNumber'],
      arrival: fields['ApproximateArrivalTimestamp'],
      shard: fields['ShardId'],
    },
    line,
  );
}

function readKinesisRecord(fields: Fields, line: number): RecordedKinesisRecord | string {
  const { data, partitionKey, sequence, arrival, shard = DEFAULT_SHARD } = fields;
  if (typeof data !== 'string' || !isBase64(data))
    return `data: found ${describeFound(data)}, expected base64`;
  if (typeof partitionKey !== 'string') {
    return `partition key: found ${describeFound(partitionKey)}, expected a text`;
  }
  if (typeof sequence !== 'string' || !/^\d{1,129}$/.test(sequence)) {
    return `sequence number: found ${describeFound(sequence)}, expected a text of digits`;
  }
  if (typeof shard !== 'string' || shard === '') {
    return `shard: found ${describeFound(shard)}, expected a shard id such as ${DEFAULT_SHARD}`;
  }
  const arrivalMs = typeof arrival === 'string' ? parseRfc3339(arrival) : secondsToMs(arrival);
  if (arrivalMs === undefined) {
    return `arrival timestamp: found ${describeFound(arrival)}, expected seconds since the epoch or RFC 3339 text`;
  }
  // both checked above: these are what the brands stand for
  const names = { shard: shard as ShardId, sequence: sequence as SequenceNumber };
  return { kind: 'kinesis', line, ...names, partitionKey, data, arrivalMs };
}

function shardOfEventId(eventId: unknown): string | undefined {
  return typeof eventId === 'string' ? /^(shardId-[^:]+):/.exec(eventId)?.[1] : undefined;
}

function secondsToMs(seconds: unknown): EpochMs | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
}

/** Decodes strictly: Buffer would skip characters that are no base64, and something else than was recorded would be replayed. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
