import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../../src/core/event.ts';
import { type ValidateOptions, type Validation, validateEvent } from '../../../src/core/validate-event.ts';

const ARRIVAL_MS = 1_700_000_000_000;

describe('an event is made of what was sent', () => {
  test('defaults are filled in', () => {
    expect(valid({ source: 'dev-1', time: 5 })).toEqual({
      source: 'dev-1',
      id: undefined,
      type: 'reading',
      time: 5,
      values: {},
      tags: {},
    });
  });

  test('values and tags are taken over, not copied, with names that are special in JavaScript', () => {
    const sent = JSON.parse('{"source":"__proto__","time":5,"values":{"__proto__":1,"constructor":2}}');
    const event = valid(sent);
    expect(event.values).toBe(sent.values);
    expect(Object.entries(event.values)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test('unknown fields are ignored', () => {
    expect(Object.keys(valid(candidate({ future: { a: [1] } })))).toEqual([
      'source',
      'id',
      'type',
      'time',
      'values',
      'tags',
    ]);
  });

  test('an id stays the text or the integer it was sent as, and -0 is 0', () => {
    for (const id of [7, '7', -3, Number.MAX_SAFE_INTEGER]) expect(valid(candidate({ id })).id).toBe(id);
    expect(Object.is(valid(candidate({ id: -0 })).id, 0)).toBe(true);
  });

  test('RFC 3339 text is a time, and -0 is 0', () => {
    expect(valid(candidate({ time: '2023-11-14T22:13:20Z' })).time).toBe(ARRIVAL_MS);
    expect(Object.is(valid(candidate({ time: -0 })).time, 0)).toBe(true);
  });
});

describe('lengths count characters, and their limits are allowed', () => {
  const telescope = '🔭';
  test.each([
    ['source of 128', { source: 'a'.repeat(128) }],
    ['source of 128 beyond the BMP', { source: telescope.repeat(128) }],
    ['id of 64', { id: telescope.repeat(64) }],
    ['type of 64', { type: 't'.repeat(64) }],
    ['value name of 64', { values: { [telescope.repeat(64)]: 1 } }],
    ['64 values', { values: entries(64, 1) }],
    ['16 tags', { tags: entries(16, 'x') }],
    ['an empty tag', { tags: { site: '' } }],
    ['a tag of 256', { tags: { site: 'x'.repeat(256) } }],
  ])('%s', (_, fields) => {
    expect(validate(candidate(fields)).kind).toBe('valid');
  });
});

test('the last time a date can express is a time', () => {
  expect(validate(candidate({ time: 8.64e15 })).kind).toBe('valid');
});

describe('what breaks a rule is refused with its reason', () => {
  test.each([
    ['not-an-event', null],
    ['not-an-event', 42],
    ['not-an-event', 'text'],
    ['not-an-event', []],
    ['source', {}],
    ['source', candidate({ source: '' })],
    ['source', candidate({ source: 42 })],
    ['source', candidate({ source: null })],
    ['source', candidate({ source: 'a'.repeat(129) })],
    ['source', candidate({ source: '🔭'.repeat(129) })],
    ['source', candidate({ source: 'a\u0000b' })],
    ['source', candidate({ source: 'a\u007f' })],
    ['source', candidate({ source: '\u009fa' })],
    ['source', candidate({ source: 'a\ud800' })],
    ['id', candidate({ id: '' })],
    ['id', candidate({ id: null })],
    ['id', candidate({ id: { a: 1 } })],
    ['id', candidate({ id: 1.5 })],
    ['id', candidate({ id: 2 ** 53 })],
    ['id', candidate({ id: 'x'.repeat(65) })],
    ['id', candidate({ id: '\udc00' })],
    ['type', candidate({ type: '' })],
    ['type', candidate({ type: null })],
    ['type', candidate({ type: 'x'.repeat(65) })],
    ['time', { source: 'dev-1' }],
    ['time', candidate({ time: null })],
    ['time', candidate({ time: 1.5 })],
    ['time', candidate({ time: -1 })],
    ['time', candidate({ time: 8.64e15 + 2 })],
    ['time', candidate({ time: Number.POSITIVE_INFINITY })],
    ['time', candidate({ time: 'yesterday' })],
    ['time', candidate({ time: '1969-12-31T23:59:59Z' })],
    ['time', candidate({ time: '5' })],
    ['values', candidate({ values: null })],
    ['values', candidate({ values: [1] })],
    ['values', candidate({ values: 1 })],
    ['values', candidate({ values: { '': 1 } })],
    ['values', candidate({ values: { ['x'.repeat(65)]: 1 } })],
    ['values', candidate({ values: { '\ud800': 1 } })],
    ['values', candidate({ values: entries(65, 1) })],
    ['tags', candidate({ tags: null })],
    ['tags', candidate({ tags: ['a'] })],
    ['tags', candidate({ tags: { site: 1 } })],
    ['tags', candidate({ tags: { '': 'x' } })],
    ['tags', candidate({ tags: { site: 'x'.repeat(257) } })],
    ['tags', candidate({ tags: { site: '\ud800' } })],
    ['tags', candidate({ tags: entries(17, 'x') })],
  ])('%s: %j', (reason, sent) => {
    expect(validate(sent)).toMatchObject({ kind: 'invalid', reason });
  });

  test('the first field in order gives the reason, and the source is known from there on', () => {
    expect(validate({ source: 'dev-1', id: {}, time: -1 })).toMatchObject({ reason: 'id', source: 'dev-1' });
    expect(validate({ source: '', id: {} })).toMatchObject({ reason: 'source', source: undefined });
  });
});

describe('of values', () => {
  test('null is absent, true and false are 1 and 0, and the others are as they were sent', () => {
    const values = JSON.parse('{"a":null,"b":true,"c":2.5,"__proto__":false}');
    const validation = validate(candidate({ values }));
    expect(validation).toMatchObject({ kind: 'valid', setAside: undefined });
    expect(Object.entries(valid(candidate({ values })).values)).toEqual([
      ['b', 1],
      ['c', 2.5],
      ['__proto__', 0],
    ]);
    expect(valid(candidate({ values: { a: null } })).values).toEqual({});
  });

  test.each([
    ['12', 'the text "12"'],
    [Number.POSITIVE_INFINITY, 'the number Infinity'],
    [Number.NEGATIVE_INFINITY, 'the number -Infinity'],
    [[1], 'an array of 1'],
    [{ value: 1 }, 'an object'],
  ])('%j is set aside by name, and the others count', (found, inWords) => {
    const validation = validate(candidate({ values: { t: 1, x: found, on: true } }));
    expect(validation).toMatchObject({ kind: 'valid', event: { values: { t: 1, on: 1 } } });
    expect(validation).toHaveProperty(
      'setAside',
      `values["x"]: found ${inWords}, expected a finite number, true, false or null`,
    );
  });

  test('all that are set aside are named, and an event may be left without values', () => {
    const validation = validate(candidate({ values: { x: 'a', y: 'b' } }));
    expect(validation).toMatchObject({
      event: { values: {} },
      setAside: expect.stringMatching(/^values\["x"\]: .*; values\["y"\]: /),
    });
  });

  test('of an event that is refused for something else nothing is set aside', () => {
    const values = { x: 'a' };
    expect(validate(candidate({ values, tags: { site: 1 } }))).toMatchObject({ reason: 'tags' });
  });
});

describe('the source an envelope states', () => {
  const bare = { time: 5 };
  test.each([
    ['is taken', bare, 'dev-1', 'valid'],
    ['may be repeated', { source: 'dev-1', time: 5 }, 'dev-1', 'valid'],
    ['may not be contradicted', { source: 'dev-2', time: 5 }, 'dev-1', 'invalid'],
    ['must be a source', bare, '', 'invalid'],
    ['must be a text', bare, 42, 'invalid'],
    ['may be missing when the event has its own', { source: 'dev-1', time: 5 }, undefined, 'valid'],
    ['is not replaced by null', { source: null, time: 5 }, 'dev-1', 'invalid'],
  ])('%s', (_, sent, statedSource, kind) => {
    expect(validate(sent, { statedSource }).kind).toBe(kind);
  });
});

describe('the detail says where, what was found and what was expected', () => {
  test.each([
    [
      candidate({ values: { x: '12', ['y'.repeat(65)]: 1 } }),
      `values: found the name "${'y'.repeat(65)}", expected a well-formed text of 1–64 characters`,
    ],
    [
      candidate({ id: 2 ** 53 }),
      'id: found the number 9007199254740992, expected a well-formed text of 1–64 characters or an integer up to ±9007199254740991: send it as text',
    ],
    [candidate({ values: entries(65, 1) }), 'values: found 65 entries, expected at most 64'],
    [[1, 2], 'event: found an array of 2, expected an object'],
  ])('%j', (sent, detail) => {
    expect(validate(sent)).toMatchObject({ detail });
  });

  test('long and unprintable values are cut and escaped', () => {
    const { detail } = invalid(candidate({ source: `\u009b31m${'x'.repeat(1000)}` }));
    expect(detail).toContain('\\u009b31mxxx');
    expect(detail.length).toBeLessThan(250);
  });
});

function validate(sent: unknown, options: Partial<ValidateOptions> = {}): Validation {
  return validateEvent(sent, options);
}

function valid(sent: unknown): TelemetryEvent {
  const validation = validate(sent);
  if (validation.kind === 'valid') return validation.event;
  throw new Error(validation.detail);
}

function invalid(sent: unknown): Validation & { kind: 'invalid' } {
  const validation = validate(sent);
  if (validation.kind === 'invalid') return validation;
  throw new Error('found a valid event, expected an invalid one');
}

function candidate(fields: Record<string, unknown>): Record<string, unknown> {
  return { source: 'dev-1', time: 5, ...fields };
}

function entries<T>(count: number, value: T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`name-${i}`, value]));
}
