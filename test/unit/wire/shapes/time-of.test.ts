import { describe, expect, test } from 'vitest';
import type { TimeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

function timeOf(time: TimeDefinition, data: object): number | string | undefined {
  const { events, refused } = shaped(data, shapesOf({ name: 's', source: { text: 's' }, time, values: {} }));
  return events[0]?.time ?? refused[0]?.detail;
}
const at = (as: string, t: unknown, zone?: string) =>
  timeOf({ path: 't', as, ...(zone === undefined ? {} : { zone }) }, { t });

test.each([
  ['s', 1_761_998_400, 1_761_998_400_000],
  ['s', 1_276_020_076.001, 1_276_020_076_001],
  ['s', '1458229140', 1_458_229_140_000],
  ['ms', 1_761_998_400_123, 1_761_998_400_123],
  ['ms', 1_761_998_400_123.9, 1_761_998_400_123],
  ['us', 1_761_998_400_123_456, 1_761_998_400_123],
  ['ns', '1544712660300000000', 1_544_712_660_300],
  ['ns', '1544712660299999999', 1_544_712_660_299],
  ['ns', 1_761_998_400_123_000_000, 1_761_998_400_123],
  ['auto', 1_761_998_400, 1_761_998_400_000],
  ['auto', 1_761_998_400_123, 1_761_998_400_123],
  ['auto', 1_761_998_400_123_456, 1_761_998_400_123],
  ['auto', '1761998400123456789', 1_761_998_400_123],
])('%s: %s', (as, found, expected) => {
  expect(at(as, found)).toBe(expected);
});

test('every ms comes out of its count of ns as a number, though that is not exact', () => {
  for (let ms = 1_761_998_400_000; ms < 1_761_998_401_000; ms += 1)
    expect(at('ns', Number(BigInt(ms) * 1_000_000n))).toBe(ms);
});

const EIGHT = Date.UTC(2026, 2, 1, 8);
test.each([
  ['rfc3339', '2026-03-01T08:00:00Z', undefined, EIGHT],
  ['iso', '2026-03-01 08:00:00.000000000', 'UTC', EIGHT],
  ['iso', '2026-03-01T08:00', 'UTC', EIGHT],
  ['iso', '2026-03-01T09:00:00+0100', undefined, EIGHT],
  ['iso', '2026-03-01T09:00:00+01', 'UTC', EIGHT],
  ['iso', '2026-03-01T08:00:00 UTC', undefined, EIGHT],
  ['iso', '2026-03-01T09:00:00', 'Europe/Berlin', EIGHT],
  ['iso', '2026-03-01', 'UTC', Date.UTC(2026, 2, 1)],
  ['dd/MM/yyyy H:mm:ss', '01/03/2026 8:00:00', 'UTC', EIGHT],
  ['MM/dd/yy hh:mm a', '03/01/26 08:00 AM', 'UTC', EIGHT],
  ['EEE, dd MMM yyyy HH:mm:ss X', 'Sun, 01 Mar 2026 08:00:00 GMT', undefined, EIGHT],
  ["yyyyMMdd'T'HHmmssX", '20260301T080000Z', undefined, EIGHT],
  ['yyyy-MM-dd HH:mm:ss.S', '2026-03-01 13:30:00.5', '+05:30', EIGHT + 500],
  ['yyyyMMddHHmmss', 20_260_301_080_000, 'UTC', EIGHT],
])('%s: %s in %s', (as, found, zone, expected) => {
  expect(at(as, found, zone)).toBe(expected);
});

describe('where clocks change', () => {
  const berlin = (text: string) => at('iso', text, 'Europe/Berlin');
  test('the earlier of two moments counts', () => {
    expect(berlin('2026-10-25 02:30:00')).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(berlin('2026-10-25 03:30:00')).toBe(Date.UTC(2026, 9, 25, 2, 30));
  });
  test('an hour that does not exist goes on from the one before', () => {
    expect(berlin('2026-03-29 01:59:59')).toBe(Date.UTC(2026, 2, 29, 0, 59, 59));
    expect(berlin('2026-03-29 02:30:00')).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(berlin('2026-03-29 03:00:00')).toBe(Date.UTC(2026, 2, 29, 1));
  });
});

test('a base and an offset; the arrival; the first time there is', () => {
  const time: TimeDefinition = { path: 'base', as: 'rfc3339', plus: { path: 'dt', as: 'ms' } };
  expect(timeOf(time, { base: '2026-03-01T08:00:00Z', dt: 1_500 })).toBe(EIGHT + 1_500);
  expect(timeOf(time, { base: '2026-03-01T08:00:00Z' })).toBe(EIGHT);
  expect(
    timeOf({ path: '{d} {t}', as: 'yyyy-MM-dd HH:mm', zone: 'UTC' }, { d: '2026-03-01', t: '08:00' }),
  ).toBe(EIGHT);
  expect(timeOf('@arrival', {})).toBe(ARRIVAL_MS);
  expect(timeOf({ path: ['t', '@arrival'], as: 's' }, {})).toBe(ARRIVAL_MS);
  expect(timeOf({ path: ['a', 'b'], as: 's' }, { a: null, b: 1_772_352_000 })).toBe(ARRIVAL_MS);
});

test.each([
  ['iso', '2026-03-01 08:00:00', /states no zone, expected one, or "zone" in the shape/],
  ['s', 'yesterday', /found the text "yesterday", expected a number of s since the epoch/],
  [
    'dd/MM/yyyy HH:mm',
    '31/02/2026 08:00',
    /found the text "31\/02\/2026 08:00", expected dd\/MM\/yyyy HH:mm/,
  ],
  ['rfc3339', 1_772_352_000, /found the number 1772352000, expected a date-time of RFC 3339/],
])('%s: %s is refused in words', (as, found, words) => {
  expect(at(as, found, as.includes('/') ? 'UTC' : undefined)).toMatch(words);
});

test('a time that is not there is told by its place', () => {
  expect(timeOf({ path: 'ts', as: 's' }, {})).toBe('shape s: time: found nothing at ts, expected a time');
});
