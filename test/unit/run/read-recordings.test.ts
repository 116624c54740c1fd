import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ShardId } from '../../../src/core/brands.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import { recordedStream, summarizeRecordings } from '../../../src/run/read-recordings.ts';
import { RecordingError } from '../../../src/wire/recording-error.ts';
import { eventLine, kinesisLine } from '../../../src/wire/recording-line.ts';
import { CHILD_SHARD, SHARD, sequenceOf } from '../../support/event-streams.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function recording(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

const EVENT = eventLine({ raw: { source: 'a', time: 1 }, arrivedAt: undefined });
const recorded = (number: number, shard: ShardId = SHARD) =>
  kinesisLine({
    shard,
    sequence: sequenceOf(number),
    partitionKey: 'key',
    data: Buffer.from(`data ${number}`).toString('base64'),
    arrivalMs: 1_000 + number,
  });

describe('looking through recordings', () => {
  it('counts events over all files, plain or gzip', async () => {
    const files = [await recording('a', EVENT + EVENT), await recording('b.gz', gzipSync(EVENT))];
    expect(await summarizeRecordings(files)).toMatchObject({ kind: 'event', entries: 3, lastArrivalMs: 0 });
  });

  it('notes the latest arrival of recorded Kinesis records, wherever it stands', async () => {
    const files = [await recording('a', recorded(5) + recorded(9)), await recording('b', recorded(7))];
    expect(await summarizeRecordings(files)).toMatchObject({
      kind: 'kinesis',
      entries: 3,
      lastArrivalMs: 1_009,
    });
  });

  it('refuses what holds nothing', async () => {
    const [empty, list] = [await recording('a', ''), await recording('b', '[]')];
    await expect(summarizeRecordings([empty, list])).rejects.toThrow(
      `${empty}, ${list}: found nothing to replay, expected events or records`,
    );
  });

  it('refuses files of two kinds, naming the file and the line', async () => {
    const files = [await recording('a', EVENT), await recording('b', recorded(1))];
    const error = await summarizeRecordings(files).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RecordingError);
    expect(error).toMatchObject({ code: 'mixed', file: files[1], line: 1 });
    expect(String(error)).toContain('found a recording of kinesis entries after one of event entries');
  });

  it('reads to the end, so that a bad last line is found before anything begins', async () => {
    const file = await recording('a', `${EVENT.repeat(1_000)}{"source":"a","ti`);
    await expect(summarizeRecordings([file])).rejects.toMatchObject({ code: 'malformed', line: 1_001 });
  });

  it('refuses a file that is not there', async () => {
    await expect(summarizeRecordings(['/nowhere/a.ndjson'])).rejects.toMatchObject({
      code: 'unreadable',
      file: '/nowhere/a.ndjson',
    });
  });
});

describe('a recorded stream', () => {
  it('gives each record back in its shard, with its own number, time and data', async () => {
    const files = [
      await recording('a', recorded(1) + recorded(1, CHILD_SHARD) + recorded(2)),
      await recording('b', recorded(12)),
    ];
    const stream = await recordedStream(files, new VirtualClock());
    expect(await stream.listShards()).toEqual([
      { id: SHARD, parents: [] },
      { id: CHILD_SHARD, parents: [] },
    ]);
    const opened = await stream.openIterator(SHARD, { at: 'trim-horizon' });
    const read = opened.kind === 'open' ? await stream.read(SHARD, opened.iterator, 100) : undefined;
    expect(read).toMatchObject({
      kind: 'records',
      records: [1, 2, 12].map((number) => ({
        sequence: sequenceOf(number),
        arrivalMs: 1_000 + number,
        record: {
          eventID: `${SHARD}:${sequenceOf(number)}`,
          kinesis: {
            partitionKey: 'key',
            sequenceNumber: sequenceOf(number),
            data: Buffer.from(`data ${number}`).toString('base64'),
            approximateArrivalTimestamp: (1_000 + number) / 1_000,
          },
        },
      })),
    });
  });

  it('refuses numbers that run backwards within a shard', async () => {
    const file = await recording('a', recorded(2) + recorded(1));
    await expect(recordedStream([file], new VirtualClock())).rejects.toThrow(
      `found sequence number ${sequenceOf(1)} behind ${sequenceOf(2)}, expected a greater one`,
    );
  });
});
