// What becomes of files in one form and another, good and bad. That each counts once is in test/property/incoming.test.ts.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { IncomingReport } from '../../../consumers/incoming/report.ts';
import { wire } from '../../../consumers/incoming/wire.ts';
import type { EpochMs, SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { kinesisLine } from '../../../src/wire/recording-line.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { collect } from '../../support/collect.ts';

const AGGREGATIONS = { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] };
const TIME = Date.parse('2026-11-28T09:00:00Z');
const event = (more: object = {}) => JSON.stringify({ source: 'a', time: TIME, values: { v: 1 }, ...more });

function system(definition: object = AGGREGATIONS, refusals: (readonly (string | undefined)[])[] = []) {
  const bucket = new MemoryObjects();
  const records: { readonly partitionKey: string; readonly events: readonly Record<string, unknown>[] }[] =
    [];
  const metrics: Readonly<Record<string, number>>[] = [];
  const handle = wire(
    memoryHost({
      pipeline: parsePipeline(definition),
      objects: () => bucket,
      stream: () => ({
        put: async (put) => {
          const answers = refusals.shift() ?? [];
          for (const [at, { partitionKey, data }] of put.entries())
            if (answers[at] === undefined)
              records.push({ partitionKey, events: JSON.parse(Buffer.from(data).toString()).events });
          return put.map((_, at) => answers[at]);
        },
      }),
      meter: { publish: (counts) => void metrics.push(counts) },
    }),
  );
  const invoke = (told: object) => handle(told, { getRemainingTimeInMillis: () => 900_000 });
  const report = async (name: string): Promise<IncomingReport> =>
    JSON.parse((await bucket.get(`reports/${name}.json`))?.body.toString() ?? 'null');
  return {
    bucket,
    records,
    metrics,
    invoke,
    report,
    events: () =>
      records.flatMap(({ partitionKey, events }) =>
        events.map((each) => ({ ...each, source: partitionKey })),
      ),
    async drop(name: string, body: string | Uint8Array) {
      await bucket.put(`incoming/${name}`, Buffer.from(body));
      const object = { key: `incoming/${name}`, etag: `${name}-${body.length}` };
      await invoke({ 'detail-type': 'Object Created', detail: { object } });
      return await report(name);
    },
    async quarantined(name: string): Promise<readonly { reason: string; detail: string; body: string }[]> {
      const stored = await bucket.get(`quarantine/${name}.ndjson`);
      return (stored?.body.toString() ?? '')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    },
  };
}

describe('a dropped file is read', () => {
  const two = `${event({ id: 7, tags: { site: 'n' } })}\n${event({ source: 'b' })}\n`;
  it.each([
    ['plain', two],
    ['gzip', gzipSync(two)],
    ['zstd', zstdCompressSync(two)],
    [
      'one document',
      JSON.stringify(
        two
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
        null,
        2,
      ),
    ],
    [
      'Kinesis records',
      two
        .trim()
        .split('\n')
        .map((line, at) =>
          kinesisLine({
            shard: 'shardId-000000000000' as ShardId,
            sequence: String(at + 1) as SequenceNumber,
            partitionKey: 'k',
            data: Buffer.from(line).toString('base64'),
            arrivalMs: TIME as EpochMs,
          }),
        )
        .join(''),
    ],
  ])('as a recording: %s', async (_, body) => {
    const { drop, events, metrics } = system();
    const report = await drop('f', body);
    expect(report).toMatchObject({
      outcome: 'played',
      contents: { events: 2, withoutId: 1, quarantined: { count: 0 } },
    });
    expect(events()).toMatchObject([
      { source: 'a', id: 7, time: TIME, values: { v: 1 }, tags: { site: 'n' } },
      { source: 'b', id: expect.stringMatching(/^file-[0-9a-f]{32}-2$/) },
    ]);
    expect(metrics).toEqual([
      { files: 1, refusedFiles: 0, unfinishedFiles: 0, incomingEvents: 2, quarantinedLines: 0 },
    ]);
  });

  it('as an object of an archive', async () => {
    const archive = new MemoryObjects();
    await archiveEvents(archive, [{ source: 'a', time: TIME, values: { v: 1 } }], { shardOf: () => 0 });
    const { drop, events } = system();
    for await (const { key } of archive.list('records/')) {
      if (!key.endsWith('.zst')) continue;
      const report = await drop('o.ndjson.zst', (await archive.get(key))?.body ?? '');
      expect(report.contents).toMatchObject({ form: 'kinesis', events: 1 });
    }
    expect(events()).toMatchObject([{ source: 'a', values: { v: 1 } }]);
  });

  const senml = JSON.stringify([{ bn: 'urn:dev:1', bt: TIME / 1_000, n: 'temperature', v: 21 }]);
  it('by a shape that is built in, told by what it looks like', async () => {
    const { drop, events } = system();
    expect((await drop('pack.json', senml)).contents).toMatchObject({ form: 'shape', events: 1 });
    expect(events()).toMatchObject([{ time: TIME, values: { temperature: 21 } }]);
  });

  it('by the shape that its folder names', async () => {
    const { drop, events } = system();
    const csv = 'device,time,temp\nd1,2026-11-28T09:00:00Z,21\nd2,never,22\n';
    const report = await drop('csv/day.csv', csv);
    expect(report.contents).toMatchObject({ form: 'shape', events: 1, quarantined: { count: 1 } });
    expect(events()).toMatchObject([{ source: 'd1', values: { temp: 21 } }]);
  });

  it('by the pipeline’s own shapes, as the stream is', async () => {
    const mine = {
      name: 'mine',
      when: { has: ['dev'] },
      source: 'dev',
      time: { path: 'at', as: 's' },
      values: ['t'],
    };
    const { drop, events } = system({ ...AGGREGATIONS, shapes: [mine] });
    await drop('f', `{"dev":"x","at":${TIME / 1_000},"t":4}\n{"dev":"x","at":${TIME / 1_000 + 1},"t":5}\n`);
    expect(events()).toMatchObject([{ source: 'x', values: { t: 4 } }, { values: { t: 5 } }]);
  });

  it('with states and values that do not count as they were', async () => {
    const definition = {
      aggregations: [{ ...AGGREGATIONS.aggregations[0], states: [{ of: 'door' }, { of: 'mode' }] }],
    };
    const { drop, events } = system(definition);
    await drop('f', event({ values: { door: true, mode: 'auto', v: 1, w: 'wet' } }));
    expect(events()).toMatchObject([{ values: { door: true, mode: 'auto', v: 1, w: 'wet' } }]);
  });
});

describe('what is wrong', () => {
  it('is quarantined event by event, with its reason, and the others are played', async () => {
    const { drop, events, quarantined } = system();
    const report = await drop('f', `${event()}\n${event({ time: 'never' })}\n${event({ source: '' })}\n`);
    expect(report.contents?.quarantined).toMatchObject({ count: 2, listed: 2 });
    expect(report.quarantine).toBe('quarantine/f.ndjson');
    expect(events()).toHaveLength(1);
    expect(await quarantined('f')).toMatchObject([
      { reason: 'time', detail: expect.stringMatching(/^line 2: time: found the text "never"/) },
      { reason: 'source', detail: expect.stringMatching(/^line 3: source/) },
    ]);
  });

  it.each<[string, string | Uint8Array, string, RegExp]>([
    [
      'gzip that is cut short',
      gzipSync(event().repeat(9)).subarray(0, 30),
      'truncated',
      /inside its gzip data/,
    ],
    ['a line that is broken', `${event()}\n{"source":\n${event()}\n`, 'malformed', /line 2/],
    ['bytes that are nothing', new Uint8Array([0xff, 0xfe, 0, 1]), 'foreign', /UTF-8/],
    [
      'an archive of a newer version',
      '{"tidemill":"archived records","version":9}\n',
      'unknown-shape',
      /version/,
    ],
  ])('refuses the file before any of it is played: %s', async (_, body, code, detail) => {
    const { drop, events, metrics, bucket } = system();
    const report = await drop('f', body);
    expect(report).toMatchObject({
      outcome: 'refused',
      problem: { code, detail: expect.stringMatching(detail) },
    });
    expect(events()).toEqual([]);
    expect(metrics).toMatchObject([{ refusedFiles: 1 }]);
    expect(await collect(bucket.list('under-way/'))).toEqual([]);
  });

  it('is said again, or no longer, when the file is dropped again', async () => {
    const { drop } = system();
    expect((await drop('f', '{"source":')).outcome).toBe('refused');
    expect((await drop('f', event())).outcome).toBe('played');
  });
});

describe('a file that was dropped before', () => {
  it('is not put into the stream again, whatever its name', async () => {
    const { drop, events, report } = system();
    const first = await drop('a', event());
    expect(await drop('b', event())).toEqual({ ...first, file: 'b', playedAs: 'a' });
    await drop('a', event());
    expect(await report('a')).toEqual(first);
    expect(events()).toHaveLength(1);
  });
});

it('what the stream does not take at once is put again, before what comes after it', async () => {
  const { drop, records } = system(AGGREGATIONS, [
    [undefined, 'ProvisionedThroughputExceededException: slow'],
  ]);
  await drop('f', `${event()}\n${event({ source: 'b' })}\n`);
  expect(records.map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b']);
});

it('a stream that takes nothing leaves the file to the next run', async () => {
  const never = Array.from({ length: 12 }, () => ['InternalFailure: no']);
  const { bucket, drop, invoke, events, report } = system(AGGREGATIONS, never);
  await expect(drop('f', event())).rejects.toThrow(
    'did not take 1 of 1 records after 12 tries: InternalFailure',
  );
  expect(await collect(bucket.list('under-way/'))).toHaveLength(1);
  await invoke({});
  expect(events()).toHaveLength(1);
  expect((await report('f')).outcome).toBe('played');
});
