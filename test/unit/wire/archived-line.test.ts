import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readArchivedLine } from '../../../src/core/archive/archived-object.ts';
import type { ShardId } from '../../../src/core/brands.ts';
import {
  changeArchivedLine,
  kinesisArchivedLine,
  readArchivedRecord,
} from '../../../src/wire/archived-line.ts';
import type { DynamoDbEventRecord } from '../../../src/wire/stream-records.ts';
import { runs } from '../../support/runs.ts';

const SHARD = 'shardId-000000000003' as ShardId;
const AT = { shard: SHARD, lineNumber: 2 };

function readBack(line: string) {
  const parsed = readArchivedLine(JSON.parse(line), line);
  if (typeof parsed === 'string') throw new Error(parsed);
  return readArchivedRecord(parsed, AT);
}

describe('a line of an archive', () => {
  test('reads back as the record it was made of, whatever its bytes and its key', () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.constantFrom(Buffer.from('\ufeff{}'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('\ufffd')),
    );
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(data, key, fc.nat(), (bytes, partitionKey, sinceMs) => {
        const arrivalMs = 1_700_000_000_000 + sinceMs;
        const { line, sequence } = kinesisArchivedLine({
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey,
            sequenceNumber: '49600000000000000000000000000000000000000000000000000017',
            data: bytes.toString('base64'),
            approximateArrivalTimestamp: arrivalMs / 1_000,
          },
        });
        expect(line).not.toContain('\n');
        const back = { kind: 'kinesis', line: 2, shard: SHARD, sequence, partitionKey, arrivalMs };
        expect(readBack(line)).toEqual({ ...back, data: bytes.toString('base64') });
      }),
      { numRuns: runs(300) },
    );
  });

  test('keeps what is text as text', () => {
    const kinesis = {
      kinesisSchemaVersion: '1.0' as const,
      partitionKey: 'r1',
      sequenceNumber: '7',
      data: Buffer.from('{"source":"r1"}').toString('base64'),
      approximateArrivalTimestamp: 1.5,
    };
    expect(kinesisArchivedLine({ kinesis }).line).toBe(
      '{"sequence":"7","arrivalMs":1500,"partitionKey":"r1","text":"{\\"source\\":\\"r1\\"}"}',
    );
  });

  test('keeps a change of a table with its images and by whom it was', () => {
    const record: DynamoDbEventRecord = {
      eventID: 'e',
      eventName: 'REMOVE',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      eventSourceARN: '',
      awsRegion: '',
      dynamodb: {
        ApproximateCreationDateTime: 1_700_000_000,
        Keys: { source: { S: 'r1' } },
        OldImage: { source: { S: 'r1' }, state: { B: 'AAE=' } },
        SequenceNumber: '100000000000000000017',
        SizeBytes: 12,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    };
    const { line, sequence, arrivalMs } = changeArchivedLine(record);
    expect(readBack(line)).toEqual({ kind: 'dynamodb', line: 2, sequence, arrivalMs, record });
  });

  test.each([
    [{ partitionKey: 7, text: '' }, 'partitionKey: found the number 7, expected a text'],
    [{ partitionKey: 'r1' }, 'found data that is nothing, expected a text or base64'],
    [{ partitionKey: 'r1', base64: 'a*' }, 'found data that is the text "a*", expected a text or base64'],
    [{ change: [] }, 'change: found an array of 0, expected a change of a DynamoDB table'],
  ])('that holds %j is refused with what was found', (content, problem) => {
    expect(readBack(JSON.stringify({ sequence: '7', arrivalMs: 5, ...content }))).toBe(problem);
  });

  test('is not made of a record without an arrival', () => {
    const kinesis = {
      partitionKey: 'r1',
      sequenceNumber: '7',
      data: '',
      approximateArrivalTimestamp: Number.NaN,
    };
    expect(() => kinesisArchivedLine({ kinesis: { kinesisSchemaVersion: '1.0', ...kinesis } })).toThrow(
      'found the text "7" and the number NaN, expected a sequence number and an arrival in seconds',
    );
  });
});
