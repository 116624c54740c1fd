import { expect, test } from 'vitest';
import { exponentialBackoff } from '../../../src/event-source/backoff.ts';

test('doubles from one second to sixty, at most half of it left to chance', () => {
  const backoff = exponentialBackoff();
  const delays = (random: number) =>
    [1, 2, 3, 6, 7, 1_000_000].map((failures) => backoff(failures, () => random));
  expect(delays(0)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  expect(delays(0.999_999)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000]);
});

test('rule 18: with the most jitter seven attempts of one batch fit into a minute; eight were recorded against the service', () => {
  const backoff = exponentialBackoff();
  let attempts = 1;
  for (let atMs = 0; ; attempts += 1) {
    atMs += backoff(attempts, () => 0.99);
    if (atMs > 60_000) break;
  }
  expect(attempts).toBe(7);
});

test('every part of the curve is a setting', () => {
  const backoff = exponentialBackoff({ baseMs: 10, factor: 3, capMs: 100, jitter: 0 });
  expect([1, 2, 3, 4].map((failures) => backoff(failures, () => 0.5))).toEqual([10, 30, 90, 100]);
});
