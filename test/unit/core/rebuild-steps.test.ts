import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { type PlannedHour, rebuildSteps } from '../../../src/core/rebuild/rebuild-steps.ts';

function hour(shard: string, at: string, first: number, last: number, open = false): PlannedHour {
  const [from, to] = [String(first), String(last)] as unknown as readonly [SequenceNumber, SequenceNumber];
  return { shard: shard as ShardId, hour: `2026-11-28T${at}`, first: from, last: to, open };
}

/** `09: a+b, then c`, as it is read. */
function told(hours: readonly PlannedHour[]): readonly string[] {
  return rebuildSteps(hours).map(({ hour: at, chunks, endsHour }) => {
    const names = chunks.map(
      (chunk) => `${chunk.shard}[${chunk.hours.map((each) => each.slice(-2)).join(',')}]`,
    );
    return `${at.slice(-2)} ${names.sort().join(' ')}${endsHour ? '.' : ''}`;
  });
}

describe('the steps of a rebuild', () => {
  test('are the hours in order, with all shards of an hour side by side', () => {
    const hours = [
      hour('b', '10', 30, 39),
      hour('a', '09', 1, 9),
      hour('a', '10', 20, 29),
      hour('b', '09', 2, 8),
    ];
    expect(told(hours)).toEqual(['09 a[09] b[09].', '10 a[10] b[10].']);
  });

  test('put a shard behind the one it may descend from, within the hour of the reshard', () => {
    const hours = [hour('parent', '09', 1, 50), hour('other', '09', 3, 90), hour('child', '09', 60, 80)];
    expect(told(hours)).toEqual(['09 other[09] parent[09]', '09 child[09].']);
  });

  test('put nothing behind a shard that goes on', () => {
    const hours = [hour('a', '09', 1, 50), hour('a', '10', 100, 110), hour('b', '09', 60, 80)];
    expect(told(hours)).toEqual(['09 a[09] b[09].', '10 a[10].']);
  });

  test('put grandchildren behind children', () => {
    const hours = [hour('a', '09', 1, 10), hour('b', '09', 20, 30), hour('c', '09', 40, 50)];
    expect(told(hours)).toEqual(['09 a[09]', '09 b[09]', '09 c[09].']);
  });

  test('fold hours together whose sequence numbers overlap, as arrivals out of order make them', () => {
    const hours = [hour('a', '09', 1, 21), hour('a', '10', 20, 40), hour('a', '11', 41, 60)];
    expect(told(hours)).toEqual(['09 a[09,10].', '11 a[11].']);
  });

  test('fold hours together that overlap through a third alone', () => {
    const hours = [hour('a', '09', 1, 3), hour('a', '10', 4, 4), hour('a', '13', 2, 2)];
    expect(told(hours)).toEqual(['09 a[09,10,13].']);
  });

  test('keep each record of a shard behind those before it, wherever it arrived', () => {
    const arrivals = fc.array(fc.integer({ min: 10, max: 15 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(arrivals, (hourOfEach) => {
        const byHour = Map.groupBy(hourOfEach.keys(), (sequence) => hourOfEach[sequence] ?? 0);
        const hours = [...byHour].map(([at, all]) =>
          hour('a', String(at), Math.min(...all), Math.max(...all)),
        );
        const folded = rebuildSteps(hours).flatMap(({ chunks }) =>
          chunks.flatMap((chunk) =>
            chunk.hours.flatMap((each) => byHour.get(Number(each.slice(-2))) ?? []).sort((a, b) => a - b),
          ),
        );
        expect(folded).toEqual([...hourOfEach.keys()]);
      }),
    );
  });

  test('fold an hour with the next where more may stand in it than is known', () => {
    const hours = [hour('a', '09', 1, 10, true), hour('a', '10', 20, 40)];
    expect(told(hours)).toEqual(['09 a[09,10].']);
  });

  test('order sequence numbers as numbers', () => {
    expect(told([hour('a', '09', 8, 9), hour('b', '09', 10, 11)])).toEqual(['09 a[09]', '09 b[09].']);
  });
});
