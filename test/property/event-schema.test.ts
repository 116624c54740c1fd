// The schema at the HTTP door and the core's own rules are one: what the one refuses the other refuses too.
import Ajv from 'ajv-draft-04';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestSchema } from '../../src/core/event-schema.ts';
import { validateEvent } from '../../src/core/validate-event.ts';
import { runs } from '../support/runs.ts';

const MAX_EVENTS = 5;
const validate = new Ajv.default({ strict: false }).compile(requestSchema({ maxEvents: MAX_EVENTS }));
const bySchema = (body: unknown): boolean => validate(JSON.parse(JSON.stringify(body)));
/** With a source stated, as the door states it. */
const byCore = (event: unknown) =>
  validateEvent(JSON.parse(JSON.stringify(event)), {
    statedSource: Object(event).source ?? 'device',
  });

const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength }),
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.constantFrom(
      '',
      '\u0000',
      '\u007f',
      '\u009f',
      '\n',
      '\u2028',
      '\ud83d',
      '\udc00x',
      '😀'.repeat(64),
      '😀'.repeat(65),
    ),
    fc.integer({ min: 0, max: 270 }).map((length) => 'é'.repeat(length)),
    fc.integer({ min: 60, max: 130 }).map((length) => '😀'.repeat(length)),
  );
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  text(70),
  fc.double(),
  fc.constantFrom(1.5, -1, 2 ** 53, -(2 ** 53), 8.64e15 + 1),
);
const time = fc.oneof(
  fc.nat(),
  fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    8.64e15,
    8.64e15 + 1,
    '2026-01-01T00:00:00Z',
    '2026-01-01t00:00:00.123456789+23:59',
  ),
  fc.constantFrom<unknown>(
    '2026-01-01',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00',
    null,
  ),
  anything,
);
const entries = (value: fc.Arbitrary<unknown>, max: number) =>
  fc.oneof(
    fc.dictionary(text(66), value, { maxKeys: 4 }),
    fc
      .integer({ min: max - 1, max: max + 1 })
      .map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 1]))),
    fc
      .integer({ min: max - 1, max: max + 1 })
      .map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 't']))),
    anything,
  );
const candidate = fc.record(
  {
    source: fc.oneof(text(130), anything),
    id: fc.oneof(text(66), fc.integer(), fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1.5), anything),
    type: fc.oneof(text(66), anything),
    time,
    values: entries(fc.oneof(fc.double({ noNaN: true }), fc.integer(), anything), 64),
    tags: entries(fc.oneof(text(260), anything), 16),
    more: fc.constantFrom<unknown>(1, 'x', null, [1, [2]], { a: { b: 1 } }),
  },
  { requiredKeys: [] },
);
/** Mostly right, with one field at a time made doubtful: else one wrong field hides what becomes of the others. */
const nearlyRight = fc
  .tuple(candidate, fc.constantFrom('source', 'id', 'type', 'time', 'values', 'tags', 'more'))
  .map(([doubtful, field]) => ({
    time: 1,
    ...(field in doubtful ? { [field]: Reflect.get(doubtful, field) } : {}),
  }));

/** What a schema cannot say: which dates there are, and that seconds of 60 end a month. */
const onlyACalendarKnows = (event: unknown) => {
  const { time: at } = Object(event);
  return typeof at === 'string' && (/:60/.test(at) || /-(?:29|30|31)[Tt]|^\d{4}-/.test(at));
};

describe('the schema of a request', () => {
  it('refuses no event that the core takes', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyRight, candidate), (event) => {
        if (byCore(event).kind === 'valid') expect(bySchema(event)).toBe(true);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('lets no event pass that the core refuses, but for dates that are none', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyRight, candidate), (event) => {
        if (!bySchema(event) || onlyACalendarKnows(event)) return;
        expect(byCore(event)).toMatchObject({ kind: 'valid' });
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('judges an event alike alone, in an array and in an envelope', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyRight, candidate), (event) => {
        const alone = bySchema(event);
        expect([bySchema([event]), bySchema({ events: [event] })]).toEqual([alone, alone]);
      }),
      { numRuns: runs(1_000) },
    );
  });

  it.each([
    ['no JSON container', 'text'],
    ['an empty array', []],
    ['an empty envelope', { events: [] }],
    ['neither time nor events', { values: {} }],
    ['both time and events', { time: 1, events: [{ time: 1 }] }],
    ['too many events', Array.from({ length: MAX_EVENTS + 1 }, () => ({ time: 1 }))],
    ['too many in an envelope', { events: Array.from({ length: MAX_EVENTS + 1 }, () => ({ time: 1 })) }],
    ['an array in an array', [[{ time: 1 }]]],
    ['a value beyond the doubles', JSON.parse('{"time":1,"values":{"a":1e999}}')],
    ['an unknown member, nested deeply', { time: 1, more: [[[[[[1]]]]]] }],
  ])('refuses %s', (_, body) => {
    expect(validate(body)).toBe(false);
  });

  it('takes as many events as it says, and unknown members', () => {
    expect(bySchema(Array.from({ length: MAX_EVENTS }, () => ({ time: 1, more: { a: [1] } })))).toBe(true);
    expect(validate(JSON.parse('{"time":1,"values":{"a":[],"b":null,"c":"12","d":true}}'))).toBe(true);
    expect(bySchema({ source: 'device', events: [{ time: '2026-01-01T00:00:00Z' }], sent: 1 })).toBe(true);
  });
});
