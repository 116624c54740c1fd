import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { payloadBytes } from '../../../src/wire/dead-letter-payload.ts';
import type { DecodedItem } from '../../../src/wire/decoded-item.ts';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { kplRecord } from '../../support/kpl-writer.ts';

const GOOD = '{"source":"dev-1","id":1,"time":5,"values":{"x":1}}';
const BAD = '{"source":"dev-1","id":2,"values":{"x":1e999}}';
const MIB = 1024 * 1024;

describe('every framing gives its events in order', () => {
  test.each([
    ['one event', GOOD, ['event']],
    ['white space around', ` \n${GOOD}\t`, ['event']],
    ['an array', `[${GOOD},${GOOD}]`, ['event', 'event']],
    ['an empty array', '[]', []],
    [
      'an envelope',
      '{"source":"dev-1","events":[{"time":5},{"time":6,"source":"dev-1"}]}',
      ['event', 'event'],
    ],
    ['an empty envelope', '{"source":"dev-1","events":[]}', []],
    ['gzip', gzipSync(GOOD), ['event']],
    ['gzip with zero padding', Buffer.concat([gzipSync(GOOD), Buffer.alloc(7)]), ['event']],
    ['zstd', zstdCompressSync(GOOD), ['event']],
    ['KPL', kplRecord([Buffer.from(GOOD), gzipSync(`[${GOOD},${GOOD}]`)]), ['event', 'event', 'event']],
    ['KPL without user records', kplRecord([]), []],
    ['an event that has a field named events', '{"source":"dev-1","time":5,"events":[1]}', ['event']],
    ['text beyond ASCII', '{"source":"dev-ü","time":5,"tags":{"city":"京都\ufffd"}}', ['event']],
  ])('%s', (_, data, kinds) => {
    const items = decode(data);
    expect(items.map((item) => item.kind)).toEqual(kinds);
    expect(items.map((item) => item.index)).toEqual(kinds.map((_, i) => i));
  });

  test('the same event comes out of the short way and the long one', () => {
    const long = decode(gzipSync(GOOD));
    expect(decode(GOOD)).toEqual(long);
    expect(decodeRecord(`${Buffer.from(GOOD).toString('base64url')}`)).toEqual(long);
  });
});

describe('data that is no event at all is quarantined whole', () => {
  test.each([
    ['nothing', '', 'not-json', 'utf8'],
    ['no JSON', 'hello', 'not-json', 'utf8'],
    ['JSON cut short', '{"source":"dev-1",', 'not-json', 'utf8'],
    ['NaN', '{"source":"dev-1","time":5,"values":{"x":NaN}}', 'not-json', 'utf8'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), 'not-utf8', 'base64'],
    ['null', 'null', 'not-an-event', 'json'],
    ['a number', '42', 'not-an-event', 'json'],
    ['gzip cut short', gzipSync(GOOD).subarray(0, -5), 'gzip', 'base64'],
    ['gzip with a damaged checksum', flipped(gzipSync(GOOD), -6), 'gzip', 'base64'],
    ['bytes behind gzip', Buffer.concat([gzipSync(GOOD), Buffer.from('x')]), 'gzip', 'base64'],
    [
      'a message behind the zeros behind gzip',
      Buffer.concat([gzipSync(GOOD), Buffer.from('\0x')]),
      'gzip',
      'base64',
    ],
    ['gzip of no JSON', gzipSync('hello'), 'not-json', 'base64'],
    ['gzip in gzip', gzipSync(gzipSync(GOOD)), 'not-utf8', 'base64'],
    ['zstd cut short', zstdCompressSync(GOOD).subarray(0, -2), 'zstd', 'base64'],
    ['bytes behind zstd', Buffer.concat([zstdCompressSync(GOOD), Buffer.from('x')]), 'zstd', 'base64'],
    ['zstd of too many frames', Buffer.concat(Array(1001).fill(zstdCompressSync(''))), 'zstd', 'base64'],
    ['KPL with a wrong checksum', flipped(kplRecord([Buffer.from(GOOD)]), 30), 'kpl', 'base64'],
    ['KPL magic alone', Buffer.from('f3899ac2', 'hex'), 'kpl', 'base64'],
    ['10,001 events', `[${Array(10_001).fill('{}').join(',')}]`, 'too-many-events', 'utf8'],
    ['10,001 events in KPL', kplRecord(Array(10_001).fill(Buffer.from(GOOD))), 'too-many-events', 'base64'],
    ['10,001 bad user records', kplRecord(Array(10_001).fill(Buffer.from('x'))), 'too-many-events', 'base64'],
    ['plain text of more than 16 MiB', `"${'x'.repeat(16 * MIB)}"`, 'too-large', 'utf8'],
    ['gzip of more than 16 MiB', gzipSync(Buffer.alloc(16 * MIB + 1, ' ')), 'too-large', 'base64'],
    ['brackets that would parse to a gigabyte', gzipSync('['.repeat(16 * MIB)), 'too-large', 'base64'],
    ['zstd of more than 16 MiB', zstdCompressSync(Buffer.alloc(16 * MIB + 1, ' ')), 'too-large', 'base64'],
    [
      'zstd frames of more than 16 MiB',
      Buffer.concat(Array(17).fill(zstdCompressSync(Buffer.alloc(MIB, ' ')))),
      'too-large',
      'base64',
    ],
    [
      'KPL of more than 16 MiB',
      kplRecord(Array(17).fill(gzipSync(`"${'x'.repeat(MIB)}"`))),
      'too-large',
      'base64',
    ],
    [
      'KPL of more than 16 MiB that is no JSON',
      kplRecord(Array(17).fill(zstdCompressSync(Buffer.alloc(MIB, ' ')))),
      'too-large',
      'base64',
    ],
    [
      'KPL of more than 16 MiB that is no UTF-8',
      kplRecord(Array(17).fill(gzipSync(Buffer.alloc(MIB, 0xff)))),
      'too-large',
      'base64',
    ],
    [
      'KPL of many parts that do not unpack',
      kplRecord(Array(17).fill(zstdCompressSync(Buffer.alloc(8 * MIB, ' ')).subarray(0, -1))),
      'too-large',
      'base64',
    ],
  ])('%s', (_, data, reason, encoding) => {
    const items = decode(data);
    expect(items).toMatchObject([{ index: 0, kind: 'quarantined', reason, payload: { encoding } }]);
    expect(payloads(items)[0]?.equals(Buffer.from(data))).toBe(true);
  });

  test('10,000 events are not too many', () => {
    expect(decode(`[${Array(10_000).fill(GOOD).join(',')}]`)).toHaveLength(10_000);
    expect(decode(kplRecord(Array(10_000).fill(Buffer.from('x'))))).toHaveLength(10_000);
  });

  test('16 MiB are not too much', () => {
    const [item] = decode(gzipSync(GOOD.padEnd(16 * MIB)));
    expect(item?.kind).toBe('event');
  });
});

describe('a bad event is quarantined alone, with its own exact text', () => {
  test.each([
    ['array', `[${GOOD}, ${BAD} ,${GOOD}]`],
    ['gzip array', gzipSync(`[${GOOD},${BAD},${GOOD}]`)],
    ['KPL', kplRecord([GOOD, BAD, GOOD].map((text) => Buffer.from(text)))],
  ])('%s', (_, data) => {
    const items = decode(data);
    expect(items).toMatchObject([
      { kind: 'event', index: 0 },
      {
        kind: 'quarantined',
        index: 1,
        reason: 'time',
        source: 'dev-1',
        payload: { encoding: 'json', body: BAD },
      },
      { kind: 'event', index: 2 },
    ]);
  });

  test('a user record that is no JSON is one of its own', () => {
    const items = decode(
      kplRecord([Buffer.from(GOOD), Buffer.from('hello'), Buffer.from([0xff]), Buffer.from(GOOD)]),
    );
    expect(items).toMatchObject([
      { kind: 'event' },
      { kind: 'quarantined', index: 1, reason: 'not-json', payload: { encoding: 'utf8', body: 'hello' } },
      { kind: 'quarantined', index: 2, reason: 'not-utf8', payload: { encoding: 'base64', body: '/w==' } },
      { kind: 'event', index: 3 },
    ]);
  });

  test('a KPL record inside a KPL record is one of its own', () => {
    const nested = kplRecord([Buffer.from(GOOD)]);
    expect(decode(kplRecord([nested, Buffer.from(GOOD)]))).toMatchObject([
      { kind: 'quarantined', reason: 'kpl', payload: { body: nested.toString('base64') } },
      { kind: 'event', index: 1 },
    ]);
  });

  test('an event of an envelope gets the source put in, and only where it has none', () => {
    const events = '[{"time":-1}, { } ,{"source":"dev-1","time":-1},{"source":"dev-2","time":5},7]';
    const items = decode(`{"source":"dev-1","events":${events}}`);
    expect(items.map((item) => item.kind === 'quarantined' && item.payload.body)).toEqual([
      '{"source":"dev-1","time":-1}',
      '{"source":"dev-1"}',
      '{"source":"dev-1","time":-1}',
      '{"source":"dev-2","time":5}',
      '7',
    ]);
    expect(items.map((item) => item.kind === 'quarantined' && item.reason)).toEqual([
      'time',
      'time',
      'time',
      'source',
      'not-an-event',
    ]);
  });

  test('values set aside are told with their own event, with its source, and its place stays', () => {
    const items = decode(
      '{"source":"dev-1","events":[{"time":5},{"time":6,"values":{"x":"1"}},{"time":-1}]}',
    );
    expect(items).toMatchObject([
      { index: 0, kind: 'event' },
      {
        index: 1,
        event: { values: {} },
        setAside: {
          detail: expect.stringMatching(/^values\["x"\]: /),
          payload: { encoding: 'json', body: '{"source":"dev-1","time":6,"values":{"x":"1"}}' },
        },
      },
      { index: 2, kind: 'quarantined' },
    ]);
    expect(items[0]).not.toHaveProperty('setAside');
  });

  test('the last of several members named events counts, however it is spelt', () => {
    const items = decode('{"events":[1,2],"source":"dev-1","\\u0065vents":[{"time":"]"}]}');
    expect(items).toMatchObject([{ payload: { body: '{"source":"dev-1","time":"]"}' } }]);
  });

  test('every event of an envelope without a valid source is refused by itself', () => {
    const items = decode(`{"source":"${'x'.repeat(129)}","events":[{"time":5},{"time":6}]}`);
    expect(items).toMatchObject([
      { reason: 'source', payload: { body: '{"time":5}' } },
      { reason: 'source', payload: { body: '{"time":6}' } },
    ]);
  });
});

describe('nesting 100,000 deep stops nothing', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  test.each([
    ['alone', deep, ['quarantined']],
    ['in an array', `[${GOOD},${deep}]`, ['event', 'quarantined']],
    ['in a field that is ignored', `{"source":"dev-1","time":5,"x":${deep}}`, ['event']],
    ['in a value, which is set aside', `{"source":"dev-1","time":5,"values":{"x":${deep}}}`, ['event']],
    ['as the source', `{"source":${deep},"events":[{"time":5}]}`, ['quarantined']],
    ['cut short', '['.repeat(100_000), ['quarantined']],
  ])('%s', (_, text, kinds) => {
    expect(decode(text).map((item) => item.kind)).toEqual(kinds);
  });
});

function decode(data: string | Uint8Array): DecodedItem[] {
  return decodeRecord(Buffer.from(data).toString('base64'));
}

function payloads(items: readonly DecodedItem[]): Buffer[] {
  return items.flatMap((item) => (item.kind === 'quarantined' ? [payloadBytes(item.payload)] : []));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  const position = at < 0 ? bytes.length + at : at;
  damaged.writeUInt8(damaged.readUInt8(position) ^ 1, position);
  return damaged;
}
