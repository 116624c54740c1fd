// What a ByteWriter wrote comes back to the last bit, and no bytes whatever make a ByteReader do anything but read or say why not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/core/byte-reader.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { runs } from '../support/runs.ts';

const RUNS = { numRuns: runs(2_000) };

const safe = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -200, max: 200 }));
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.float({ noNaN: true }),
  // Decimals of up to eight places, and their neighbours.
  fc
    .tuple(
      fc.oneof(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.maxSafeInteger()),
      fc.nat({ max: 8 }),
      fc.constantFrom(0, 1, -1),
    )
    .map(([digits, places, steps]) => neighbour(digits / 10 ** places, steps)),
  // Powers of two and ten, and their neighbours.
  fc
    .tuple(
      fc.constantFrom(2, -2, 10, -10),
      fc.integer({ min: -1_074, max: 1_023 }),
      fc.constantFrom(0, 1, -1),
    )
    .map(([base, exponent, steps]) => neighbour(Math.sign(base) * Math.abs(base) ** exponent, steps)),
  fc.constantFrom(0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 30, maxLength: 300 }),
);

const written = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('byte' as const), value: fc.nat({ max: 255 }) }),
    fc.record({ kind: fc.constant('varint' as const), value: safe.map(Math.abs) }),
    fc.record({ kind: fc.constant('signed' as const), value: safe }),
    fc.record({ kind: fc.constant('number' as const), value: number }),
    fc.record({ kind: fc.constant('text' as const), value: text }),
    fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 400 }) }),
  ),
  { maxLength: 40 },
);
type Item = typeof written extends fc.Arbitrary<(infer T)[]> ? T : never;

describe('bytes', () => {
  test('give back what was written, to the last bit', () => {
    // One writer for all: nothing of what was written before may come through.
    const writer = new ByteWriter();
    fc.assert(
      fc.property(written, (items) => {
        for (const item of items) write(writer, item);
        const reader = new ByteReader(writer.finish());
        for (const { kind, value } of items) {
          expect(reader.done).toBe(false);
          expect(reader[kind]()).toEqual(kind === 'signed' || kind === 'varint' ? plus0(value) : value);
        }
        expect(reader.done).toBe(true);
      }),
      RUNS,
    );
  });

  test('give back times in seconds with microseconds, which have as many digits as a double holds', () => {
    const writer = new ByteWriter();
    for (const time of [
      1_234_567_890.123456, -2_251_799_813.685247, 562_949_953.421311, 562_949_953.421312,
    ]) {
      writer.number(time);
      expect(new ByteReader(writer.finish()).number()).toBe(time);
    }
  });

  test('left unfinished are forgotten by whoever clears the writer', () => {
    const writer = new ByteWriter();
    writer.varint(300);
    expect(() => writer.text('\ud800')).toThrow('lone surrogate');
    writer.clear();
    writer.byte(7);
    expect(writer.finish()).toEqual(Uint8Array.of(7));
  });

  test('cut short are refused with the place and what was expected', () => {
    const writer = new ByteWriter();
    fc.assert(
      fc.property(written, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (items, share) => {
        for (const item of items) write(writer, item);
        const whole = writer.finish();
        fc.pre(whole.length > 0);
        const reader = new ByteReader(whole.subarray(0, Math.floor(whole.length * share)));
        expect(() => {
          for (const { kind } of items) reader[kind]();
        }).toThrow(/^bytes at offset \d+: expected .+, found the end/);
      }),
      RUNS,
    );
  });

  test('that nobody wrote are read or refused, never a crash, a NaN or an unsafe integer', () => {
    const kinds = fc.array(fc.constantFrom('byte', 'varint', 'signed', 'number', 'text', 'bytes'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), kinds, (bytes, asked) => {
        const reader = new ByteReader(bytes);
        try {
          for (const kind of asked) {
            const value = reader[kind]();
            if (kind === 'number') expect(value).not.toBeNaN();
            if (kind === 'varint' || kind === 'signed') expect(value).toSatisfy(Number.isSafeInteger);
          }
        } catch (error) {
          expect(String(error)).toMatch(/^Error: bytes at offset \d+: expected .+, found .+/);
        }
      }),
      RUNS,
    );
  });

  test('handed out stay as they are while the writer goes on', () => {
    const writer = new ByteWriter();
    const handedOut = Array.from({ length: 2_000 }, (_, at) => {
      writer.text('x'.repeat(at % 90));
      writer.varint(at);
      return writer.finish();
    });
    for (const [at, bytes] of handedOut.entries()) {
      const reader = new ByteReader(bytes);
      expect([reader.text().length, reader.varint(), reader.done]).toEqual([at % 90, at, true]);
    }
  });

  test('read within a larger buffer are the same', () => {
    const writer = new ByteWriter();
    for (const x of [21.53, Math.PI, 1e300, -7]) writer.number(x);
    const written = writer.finish();
    const padded = new Uint8Array(written.length + 20).fill(0xff);
    padded.set(written, 10);
    const reader = new ByteReader(padded.subarray(10, 10 + written.length));
    expect([1, 2, 3, 4].map(() => reader.number())).toEqual([21.53, Math.PI, 1e300, -7]);
    expect(reader.done).toBe(true);
  });
});

describe('a number', () => {
  test.each([
    [1, [0, 1, -1, 7, -8]],
    [2, [8, 100, -1_000, 0.1, -99.5, 6.12, -0]],
    [3, [21.53, -40.25, 1_013.25, 65_535, 99_999, Infinity, 2 ** 100]],
    [4, [123_456.7, 55.755_8, 16_000_000, 2 ** -48 * 45]],
    [9, [Math.PI, 0.1 + 0.2, 1e-7, Number.MAX_VALUE]],
  ])('takes at most %i bytes where it is one of %j', (bytes, numbers) => {
    for (const x of numbers) expect([x, sizeOf((writer) => writer.number(x)) <= bytes]).toEqual([x, true]);
  });
});

describe('a writer', () => {
  test.each<[string, (writer: ByteWriter) => void]>([
    ['found NaN', (writer) => writer.number(Number.NaN)],
    ['found 256', (writer) => writer.byte(256)],
    ['found 0.5', (writer) => writer.byte(0.5)],
    ['found -1', (writer) => writer.varint(-1)],
    ['found NaN', (writer) => writer.varint(Number.NaN)],
    ['found 1.5', (writer) => writer.signed(1.5)],
    ['found 9007199254740992', (writer) => writer.varint(2 ** 53)],
    ['found a lone surrogate', (writer) => writer.text('a\ud800')],
  ])('refuses what it could not give back: %s', (message, write) => {
    expect(() => write(new ByteWriter())).toThrow(message);
  });
});

function write(writer: ByteWriter, { kind, value }: Item): void {
  if (kind === 'text') writer.text(value);
  else if (kind === 'bytes') writer.bytes(value);
  else writer[kind](value);
}

function sizeOf(put: (writer: ByteWriter) => void): number {
  const writer = new ByteWriter();
  put(writer);
  return writer.finish().length;
}

/** The double so many steps on. */
function neighbour(x: number, steps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  if (x === 0 || !Number.isFinite(x)) return x;
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
  return view.getFloat64(0);
}

function plus0(value: number): number {
  return value === 0 ? 0 : value;
}
