import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordingEntry } from '../../../src/wire/recording-entry.ts';
import { RecordingError } from '../../../src/wire/recording-error.ts';
import { eventLine, kinesisLine } from '../../../src/wire/recording-line.ts';
import { type RecordingInput, readRecording } from '../../../src/wire/recordings.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const EVENT = '{"source":"dev-1","time":5,"arrivedAt":9}';
const KINESIS = {
  kinesisSchemaVersion: '1.0',
  partitionKey: 'dev-1',
  sequenceNumber: '12',
  data: 'e30=',
  approximateArrivalTimestamp: 1_700_000_000.123,
};
const API = {
  SequenceNumber: '12',
  ApproximateArrivalTimestamp: 1_700_000_000.123,
  Data: 'e30=',
  PartitionKey: 'dev-1',
};
const RECORD = {
  kind: 'kinesis',
  shard: 'shardId-000000000000',
  sequence: '12',
  partitionKey: 'dev-1',
  data: 'e30=',
  arrivalMs: 1_700_000_000_123,
};

describe('recordings are told apart by shape', () => {
  test('an event, without the time it arrived at', async () => {
    expect(await read(EVENT)).toEqual([
      { kind: 'event', line: 1, source: 'dev-1', raw: { source: 'dev-1', time: 5 }, arrivedAt: 9 },
    ]);
  });

  test.each([
    [
      'a record of a Lambda event',
      { kinesis: KINESIS, eventID: 'shardId-000000000007:12' },
      { shard: 'shardId-000000000007' },
    ],
    ['one without an eventID', { kinesis: KINESIS, note: 'x' }, {}],
    [
      'one that names its shard',
      { kinesis: KINESIS, ShardId: 'shardId-000000000003' },
      { shard: 'shardId-000000000003' },
    ],
    ['the kinesis object alone', KINESIS, {}],
    ['an entry of get-records', API, {}],
    ['one with its shard', { ...API, ShardId: 'shardId-000000000003' }, { shard: 'shardId-000000000003' }],
    [
      'one with the time as the command prints it',
      { ...API, ApproximateArrivalTimestamp: '2023-11-14T22:13:20.123000+00:00' },
      {},
    ],
  ])('%s', async (_, line, expected) => {
    expect(await read(JSON.stringify(line))).toEqual([{ ...RECORD, line: 1, ...expected }]);
  });

  test.each([
    ['a record of a Lambda event', { ApproximateCreationDateTime: 1_700_000_000.5 }, {}],
    ['an entry of get-records', { ApproximateCreationDateTime: '2023-11-14T22:13:20.500000+00:00' }, {}],
    [
      'a removal by TTL, as the API spells it',
      { ApproximateCreationDateTime: 1_700_000_000.5 },
      { userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' } },
    ],
  ])('a change of a DynamoDB table: %s', async (_, change, around) => {
    const dynamodb = {
      Keys: { source: { S: 'a' } },
      OldImage: { source: { S: 'a' } },
      SequenceNumber: '42',
      ...change,
    };
    const [entry] = await read(JSON.stringify({ eventID: 'e', eventName: 'REMOVE', dynamodb, ...around }));
    const identity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    expect(entry).toMatchObject({
      kind: 'dynamodb',
      sequence: '42',
      arrivalMs: 1_700_000_000_500,
      record: {
        eventID: 'e',
        eventName: 'REMOVE',
        dynamodb: { Keys: dynamodb.Keys, OldImage: dynamodb.OldImage },
      },
      ...('userIdentity' in around ? { record: { userIdentity: identity } } : {}),
    });
  });

  test.each([
    ['no name', { eventName: 'UPSERT' }, /eventName: found the text "UPSERT", expected INSERT/],
    [
      'no number',
      { dynamodb: { SequenceNumber: 42 } },
      /SequenceNumber: found the number 42, expected a text/,
    ],
    [
      'no time',
      { dynamodb: { ApproximateCreationDateTime: null } },
      /ApproximateCreationDateTime: found null/,
    ],
    ['no key', { dynamodb: { Keys: { source: 'a' } } }, /Keys: found an object, expected an item/],
    ['no image', { dynamodb: { NewImage: [] } }, /NewImage: found an array of 0, expected an item/],
  ])('a change with %s is refused', async (_, wrong, message) => {
    const dynamodb = { Keys: { source: { S: 'a' } }, SequenceNumber: '42', ApproximateCreationDateTime: 0 };
    const change = {
      eventName: 'INSERT',
      ...wrong,
      dynamodb: { ...dynamodb, ...('dynamodb' in wrong ? wrong.dynamodb : {}) },
    };
    await expect(read(JSON.stringify(change))).rejects.toThrow(message);
  });

  test.each([
    ['a get-records document', JSON.stringify({ Records: [API, API] }), 2],
    ['one over several lines', JSON.stringify({ Records: [API, API], MillisBehindLatest: 0 }, null, 2), 2],
    ['a Lambda event', JSON.stringify({ Records: [{ kinesis: KINESIS }] }), 1],
    ['several documents, one a line', `{"Records":[]}\n${JSON.stringify({ Records: [API] })}\n`, 1],
    ['one event over several lines', JSON.stringify(JSON.parse(EVENT), null, 2), 1],
    ['nothing', '', 0],
    ['blank lines', `\n${EVENT}\r\n\r\n${EVENT}\n\n`, 2],
    ['no end of line at the end', `${EVENT}\n${EVENT}`, 2],
  ])('%s', async (_, text, count) => {
    expect(await read(text)).toHaveLength(count);
    expect(await read(gzipSync(text))).toHaveLength(count);
  });

  test('lines keep their numbers, whatever chunks they come in', async () => {
    const bytes = Buffer.from(`${EVENT}\n\n${EVENT.replace('dev-1', 'dev-é京')}\r\n${EVENT}`);
    const whole = await read(bytes);
    expect(whole.map((entry) => entry.line)).toEqual([1, 3, 4]);
    for (const file of [bytes, gzipSync(bytes)]) {
      for (const size of [1, 2, 3, 7, 50]) expect(await read(file, size)).toEqual(whole);
    }
  });

  test('what is written reads back', async () => {
    const [event] = await read(EVENT);
    const [record] = await read(JSON.stringify({ kinesis: KINESIS, eventID: 'shardId-000000000007:12' }));
    if (event?.kind !== 'event' || record?.kind !== 'kinesis') throw new Error('expected one of each kind');
    expect(await read(eventLine(event))).toEqual([event]);
    expect(await read(kinesisLine(record))).toEqual([record]);
  });
});

describe('a bad recording is an error that names file, line, found and expected', () => {
  const records = JSON.stringify(API);
  test.each([
    [
      'a line of neither kind',
      `${EVENT}\n{"foo":1}`,
      'unknown-shape',
      /^test, line 2: found an object with the keys the text "foo", expected/,
    ],
    [
      'a line that is no object',
      `${EVENT}\n42`,
      'unknown-shape',
      /^test, line 2: found the number 42, expected/,
    ],
    [
      'events, then records',
      `${EVENT}\n${records}`,
      'mixed',
      /^test, line 2: found a Kinesis record, expected a telemetry event/,
    ],
    ['records, then events', `${records}\n${EVENT}`, 'mixed', /^test, line 2: found a telemetry event/],
    [
      'a line cut short',
      `${EVENT}\n{"source":"de`,
      'malformed',
      /^test, line 2: found "{\\"source\\":\\"de", expected a JSON object/,
    ],
    ['a first line cut short', `{"source":"de\n${EVENT}`, 'malformed', /^test, line 1: found/],
    [
      'a line that is not UTF-8',
      Buffer.concat([Buffer.from(`${EVENT}\n`), Buffer.from([0xff])]),
      'malformed',
      /^test, line 2: found bytes/,
    ],
    [
      'gzip cut short',
      gzipSync(EVENT).subarray(0, -4),
      'truncated',
      /^test: found the end of the file inside/,
    ],
    [
      'damaged gzip',
      Buffer.concat([gzipSync(EVENT).subarray(0, -8), Buffer.alloc(8, 1)]),
      'malformed',
      /^test: found damaged gzip/,
    ],
    [
      'an event whose source is no text',
      '{"source":1}',
      'unknown-shape',
      /source: found the number 1, expected a text/,
    ],
    [
      'an arrival that is no number',
      '{"source":"a","arrivedAt":"x"}',
      'unknown-shape',
      /arrivedAt: found the text "x"/,
    ],
    [
      'data that is not base64',
      JSON.stringify({ ...API, Data: '{"source"' }),
      'unknown-shape',
      /data: found the text .* expected base64/,
    ],
    [
      'a sequence number that is none',
      JSON.stringify({ ...API, SequenceNumber: 'x' }),
      'unknown-shape',
      /sequence number: found/,
    ],
    [
      'no partition key',
      JSON.stringify({ ...API, PartitionKey: 1 }),
      'unknown-shape',
      /partition key: found/,
    ],
    [
      'no arrival',
      JSON.stringify({ ...API, ApproximateArrivalTimestamp: null }),
      'unknown-shape',
      /arrival timestamp: found null/,
    ],
    [
      'a shard that is none',
      JSON.stringify({ ...API, ShardId: 7 }),
      'unknown-shape',
      /shard: found the number 7/,
    ],
  ])('%s', async (_, bytes, code, message) => {
    const error: unknown = await read(bytes).catch((caught: unknown) => caught);
    if (!(error instanceof RecordingError)) throw new Error('expected a RecordingError', { cause: error });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('the entries before it are given', async () => {
    const entries: RecordingEntry[] = [];
    const reading = (async () => {
      for await (const entry of readRecording(input(`${EVENT}\n{"foo":1}`))) entries.push(entry);
    })();
    await expect(reading).rejects.toThrow(RecordingError);
    expect(entries).toHaveLength(1);
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemill-recordings-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('are read by path, and left early without harm', async () => {
    const file = join(folder, 'events.ndjson.gz');
    writeFileSync(file, gzipSync(`${EVENT}\n`.repeat(10_000)));
    expect(await collect(file)).toHaveLength(10_000);
    for await (const entry of readRecording(file)) {
      expect(entry.line).toBe(1);
      break;
    }
  });

  test.each([
    ['one that is not there', 'missing.ndjson'],
    ['a folder', '.'],
  ])('%s is an error that names it', async (_, name) => {
    const file = join(folder, name);
    await expect(collect(file)).rejects.toMatchObject({ code: 'unreadable', file });
  });
});

const shared = recordingsFolder();

describe.skipIf(shared === undefined)('the shared recordings read to their end', () => {
  test.each([
    ['lorawan.ndjson.gz', 71_381],
    ['waves.ndjson.gz', 10_000],
    ['nab-known-cause.ndjson.gz', 69_561],
    ['hostile.ndjson', 43],
  ])('%s', async (name, count) => {
    expect(await collect(`${shared}${name}`)).toHaveLength(count);
  });
});

async function read(
  bytes: string | Uint8Array,
  chunkSize = Number.POSITIVE_INFINITY,
): Promise<RecordingEntry[]> {
  return collect(input(bytes, chunkSize));
}

async function collect(recording: RecordingInput): Promise<RecordingEntry[]> {
  const entries: RecordingEntry[] = [];
  for await (const entry of readRecording(recording)) entries.push(entry);
  return entries;
}

function input(bytes: string | Uint8Array, chunkSize = Number.POSITIVE_INFINITY): RecordingInput {
  return { name: 'test', chunks: chunked(Buffer.from(bytes), chunkSize) };
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
