import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { FolderObjects } from '../../../src/stores/archive/folder-objects.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { archivedEntries } from '../../../src/testing/archived-entries.ts';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';
import { readRecording } from '../../../src/wire/recordings.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { collect } from '../../support/table-under-test.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PIPELINE = { aggregations: [{ name: 'm', window: { tumbling: '60s' as const } }] };
const START_MS = Date.parse('2026-11-28T09:59:00Z');
const EVENTS = Array.from({ length: 24 }, (_, at) => ({
  source: `d${at % 3}`,
  time: START_MS + at * 10_000,
  values: { v: at },
}));
const KEY = 'records/stream=telemetry/shard=shardId-000000000000/hour=2026-11-28T09/';
const name = (sequence: number) => `${String(sequence).padStart(60, '0')}.ndjson.zst`;

describe('an archive in a test', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await temporaryFolder();
    await archiveEvents(new FolderObjects(folder), EVENTS, { shardOf: (at) => (at % 3 === 2 ? 1 : 0) });
  });

  test('gives what the stream gave: the same windows and books', async () => {
    const live = createPipelineTest(PIPELINE);
    await live.put(EVENTS.map((event) => ({ ...event, arrivedAt: event.time })));
    const replayed = createPipelineTest(PIPELINE);
    await replayed.put(folder);
    expect(await replayed.windows()).toEqual(await live.windows());
    expect(await replayed.ledger()).toEqual(await live.ledger());
  });

  test('gives some time of it', async () => {
    const replayed = createPipelineTest(PIPELINE);
    await replayed.put({ recording: folder, from: '2026-11-28T10:00:00Z', to: '2026-11-28T10:01:00Z' });
    expect(await replayed.ledger()).toMatchObject({ received: 6, applied: 6 });
  });

  test('gives some sources of it', async () => {
    const replayed = createPipelineTest(PIPELINE);
    await replayed.put({ recording: folder, sources: ['d2'] });
    expect(new Set((await replayed.windows()).map(({ source }) => source))).toEqual(new Set(['d2']));
    expect(await replayed.ledger()).toMatchObject({ received: 8, applied: 8 });
  });

  test('is a recording in each of its objects', async () => {
    const entries = await collect(readRecording(`${folder}/${KEY}${name(101)}`));
    expect(entries).toHaveLength(4);
    expect(entries[0]).toMatchObject({
      kind: 'kinesis',
      shard: 'shardId-000000000000',
      sequence: '101',
      line: 2,
    });
  });
});

describe('an archive that is not whole is told by object and place', () => {
  let objects = new MemoryObjects();
  beforeEach(async () => {
    objects = new MemoryObjects();
    await archiveEvents(objects, EVENTS.slice(0, 6), { batch: 3 });
  });

  const first = `${KEY}${name(101)}`;
  const text = async (key: string) => zstdDecompressSync((await objects.get(key))?.body ?? '').toString();
  const rewrite = async (key: string, change: (text: string) => string, into = key) => {
    await objects.put(into, zstdCompressSync(change(await text(key))));
  };

  test.each<readonly [string, () => Promise<unknown>, string]>([
    [
      'an object is missing',
      () => objects.remove(first),
      `${first}: found nothing, expected an object of records, which its manifest names`,
    ],
    [
      'a manifest is missing',
      () => objects.remove(`${KEY}_manifest.json`),
      `${KEY}_manifest.json: found nothing, expected the manifest of an hour`,
    ],
    [
      'the shard’s page is missing',
      () => objects.remove('records/stream=telemetry/shard=shardId-000000000000/_shard.json'),
      '_shard.json: found nothing, expected the page of its shard',
    ],
    [
      'an object is cut short',
      async () => objects.put(first, (await objects.get(first))?.body.subarray(0, 90) ?? Buffer.alloc(0)),
      `${first}: found 90 bytes that are not whole zstd data`,
    ],
    ['an object is empty', () => objects.put(first, Buffer.alloc(0)), `${first}: found`],
    [
      'its last lines are gone',
      () => rewrite(first, (all) => all.split('\n').slice(0, 3).join('\n').concat('\n')),
      `${first}: found 2 records, expected 3, as its first line says`,
    ],
    [
      'its last line is cut',
      () => rewrite(first, (all) => all.slice(0, -10)),
      `${first}, line 4: found no end of the line`,
    ],
    [
      'a line is broken',
      () => rewrite(first, (all) => all.replace('"sequence":"102"', '"sequence":102,,')),
      `${first}, line 3: found "{`,
    ],
    [
      'a line is no record',
      () => rewrite(first, (all) => all.replace('"sequence":"102"', '"sequence":102')),
      `${first}, line 3: sequence: found the number 102, expected a text of digits`,
    ],
    [
      'a value is another',
      () => rewrite(first, (all) => all.replace('\\"v\\":1}', '\\"v\\":7}')),
      `${first}: sha256: found`,
    ],
    [
      'lines are out of order',
      () =>
        rewrite(first, (all) => {
          const [head, a, b, c] = all.split('\n');
          return [head, b, a, c, ''].join('\n');
        }),
      `${first}, line 3: found sequence number 101 behind 102, expected them to go up`,
    ],
    [
      'a line is there twice',
      () =>
        rewrite(first, (all) => {
          const [head, a, b] = all.split('\n');
          return [head, a, b, b, ''].join('\n');
        }),
      `${first}, line 4: found sequence number 102 behind 102, expected them to go up`,
    ],
    [
      'it is from a newer version',
      () => rewrite(first, (all) => all.replace('"version":1', '"version":2')),
      `${first}, line 1: version: found 2, expected 1 at most: it was written by a newer Tidemill`,
    ],
    [
      'its manifest is from a newer version',
      async () =>
        objects.put(
          `${KEY}_manifest.json`,
          Buffer.from(
            ((await objects.get(`${KEY}_manifest.json`))?.body.toString() ?? '').replace(
              '"version":1',
              '"version":9',
            ),
          ),
        ),
      `_manifest.json: version: found 9, expected 1 at most`,
    ],
    [
      'its manifest counts wrong',
      async () =>
        objects.put(
          `${KEY}_manifest.json`,
          Buffer.from(
            ((await objects.get(`${KEY}_manifest.json`))?.body.toString() ?? '').replace(
              '"records":6',
              '"records":5',
            ),
          ),
        ),
      '_manifest.json: records: found the number 5, expected 6, which is what its objects come to',
    ],
    [
      'its manifest is cut',
      async () =>
        objects.put(
          `${KEY}_manifest.json`,
          (await objects.get(`${KEY}_manifest.json`))?.body.subarray(0, 40) ?? Buffer.alloc(0),
        ),
      '_manifest.json: found "{',
    ],
    [
      'another record has its sequence number',
      () =>
        rewrite(
          first,
          (all) =>
            all
              .replace('"first":"101"', '"first":"102"')
              .replace('"records":3', '"records":2')
              .replace(/\n[^\n]*"101"[^\n]*/, '')
              .replace('\\"v\\":1}', '\\"v\\":8}'),
          `${KEY}${name(102)}`,
        ),
      `${KEY}${name(102)}, line 2: found another record of sequence number 102 than`,
    ],
    [
      'there is no archive',
      async () => {
        objects = new MemoryObjects();
      },
      'memory:: found no records/stream=…, expected an archive',
    ],
  ])('%s', async (_, damage, message) => {
    await damage();
    await expect(collect(archivedEntries(objects))).rejects.toThrow(message);
    await expect(collect(archivedEntries(objects))).rejects.toMatchObject({ name: 'ArchiveError' });
  });

  test('but an object that is there twice counts once', async () => {
    await rewrite(
      first,
      (all) =>
        all
          .replace('"first":"101"', '"first":"102"')
          .replace('"records":3', '"records":2')
          .replace(/\n[^\n]*"101"[^\n]*/, ''),
      `${KEY}${name(102)}`,
    );
    expect(await collect(archivedEntries(objects))).toHaveLength(6);
  });

  test('one with several streams asks which', async () => {
    await objects.put('records/stream=other/shard=s/_shard.json', Buffer.from('{}'));
    await expect(collect(archivedEntries(objects))).rejects.toThrow(
      'found the streams other, telemetry, expected one of them to be named',
    );
    expect(await collect(archivedEntries(objects, { stream: 'telemetry' }))).toHaveLength(6);
  });
});
