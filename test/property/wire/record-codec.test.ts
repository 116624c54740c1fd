import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REASON_CODES } from '../../../src/core/reason-codes.ts';
import { parseRfc3339 } from '../../../src/core/rfc3339.ts';
import { payloadBytes } from '../../../src/wire/dead-letter-payload.ts';
import type { DecodedItem } from '../../../src/wire/decoded-item.ts';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { arbitraryFields, arbitrarySource } from '../../support/arbitrary-event.ts';
import { FRAMINGS } from '../../support/framings.ts';
import { kplFrame, kplRecord } from '../../support/kpl-writer.ts';
import { runs } from '../../support/runs.ts';

describe.each(Object.entries(FRAMINGS))('in the framing %s', (_, frame) => {
  test('any valid events come out as they were sent, in order', () => {
    fc.assert(
      fc.property(arbitrarySource, fc.array(arbitraryFields, { maxLength: 5 }), (source, sent) => {
        const events = sent.map((fields) => ({ source, ...fields }));
        const items = decode(
          frame(
            events.map((event) => JSON.stringify(event)),
            source,
          ),
        );
        expect(items).toEqual(
          events.map((event, index) => ({ index, kind: 'event', event: asEvent(event) })),
        );
      }),
    );
  });

  test('a bad event changes nothing but its own place', () => {
    const badText = fc.oneof(
      fc.constantFrom(
        '{"source":"a"}',
        '[[1]]',
        '"]"',
        '{"time":"\\\\\\"}],"}',
        '1e999',
        'null',
        '{"events":[{}],"source":"a"}',
      ),
      fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(
        arbitrarySource,
        fc.array(fc.tuple(arbitraryFields, fc.option(badText)), { maxLength: 6 }),
        (source, sent) => {
          const texts = sent.map(([fields, bad]) => bad ?? JSON.stringify({ source, ...fields }));
          const items = decode(frame(texts, source));
          const alone = texts.flatMap((text) => decode(frame([text], source)));
          expect(items).toEqual(alone.map((item, index) => ({ ...item, index })));
        },
      ),
    );
  });

  test('what a dead letter keeps is refused again for the same reason, alone', () => {
    const bad = fc.oneof(
      arbitraryFields.map((fields) => ({ ...fields, time: -1 })),
      arbitraryFields.map((fields) => ({ ...fields, values: { '': 1 } })),
      arbitraryFields.map((fields) => ({ ...fields, id: 2 ** 60 })),
    );
    fc.assert(
      fc.property(arbitrarySource, fc.array(bad, { minLength: 1, maxLength: 4 }), (source, sent) => {
        const items = decode(
          frame(
            sent.map((fields) => JSON.stringify({ source, ...fields })),
            source,
          ),
        );
        expect(items).toHaveLength(sent.length);
        for (const item of items) {
          if (item.kind === 'event') throw new Error('found a valid event, expected a quarantined one');
          expect(decode(payloadBytes(item.payload))).toEqual([{ ...item, index: 0 }]);
        }
      }),
    );
  });
});

describe('one event alone', () => {
  test('comes out as it was sent, plain or compressed', () => {
    fc.assert(
      fc.property(arbitrarySource, arbitraryFields, (source, fields) => {
        const event = { source, ...fields };
        const text = JSON.stringify(event);
        for (const data of [Buffer.from(text), gzipSync(text), zstdCompressSync(text)]) {
          expect(decode(data)).toEqual([{ index: 0, kind: 'event', event: asEvent(event) }]);
        }
      }),
    );
  });
});

describe('any bytes', () => {
  const headed = (magic: string) => {
    const head = Buffer.from(magic, 'hex');
    return fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([head, rest]));
  };
  const damaged = fc
    .tuple(
      arbitraryFields,
      fc.constantFrom(...Object.values(FRAMINGS)),
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.nat(),
    )
    .map(([fields, frame, at, byte, length]) => {
      const bytes = Buffer.from(frame([JSON.stringify({ source: 'dev-1', ...fields })], 'dev-1'));
      bytes.writeUInt8(byte, at % bytes.length);
      return bytes.subarray(0, bytes.length - (length % 3));
    });
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ stringUnit: 'binary' }).map((text) => Buffer.from(text)),
    headed('1f8b08'),
    headed('28b52ffd'),
    headed('f3899ac2'),
    fc.uint8Array({ maxLength: 200 }).map(kplFrame),
    fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }).map((parts) => kplRecord(parts)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => gzipSync(bytes)),
    damaged,
  );

  test('give items with known reasons, numbered from 0, and never throw', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        const items = decode(bytes);
        expect(items.map((item) => item.index)).toEqual(items.map((_, i) => i));
        for (const item of items) {
          if (item.kind === 'event') continue;
          expect(REASON_CODES).toContain(item.reason);
          expect(item.detail).toMatch(/found .*(, expected |without)/s);
          expect(item.detail.length).toBeLessThan(700);
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test('give the same items on every delivery', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        expect(decode(bytes)).toEqual(decode(bytes));
      }),
    );
  });

  test('of a record refused as a whole are kept exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const [item] = decode(bytes);
        if (item?.kind === 'quarantined')
          expect(Buffer.from(bytes).equals(payloadBytes(item.payload))).toBe(true);
      }),
    );
  });
});

function decode(data: Uint8Array): DecodedItem[] {
  return decodeRecord(Buffer.from(data).toString('base64'));
}

function asEvent(sent: {
  source: string;
  id?: string | number;
  type?: string;
  time: number | string;
  values?: Record<string, number>;
  tags?: Record<string, string>;
}): unknown {
  const { source, id, type = 'reading', time, values = {}, tags = {} } = sent;
  return {
    source,
    id,
    type,
    time: typeof time === 'string' ? parseRfc3339(time) : time,
    values,
    tags,
  };
}
