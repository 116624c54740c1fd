// Windows of rollups that TTL has removed: what comes for them later is never taken for all of it.
import { describe, expect, test } from 'vitest';
import { describeCase } from '../../../src/testing/describe-case.ts';
import { readRecordedCase } from '../../../src/testing/recorded-case.ts';
import { runCase } from '../../../src/testing/run-case.ts';
import { caseFolder } from '../../support/case-folder.ts';

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = T0 + MINUTE;

const at = (source: string, seconds: number, arrivedAt: number) => ({
  source,
  time: T0 + seconds * 1_000,
  values: { v: 1 },
  arrivedAt,
});

/** Kept for two hours; `a` sends in time, `b` comes with its buffer at `late`. */
async function outcomeOf(given: {
  parts: number;
  late: number;
  expire?: number;
  events: number;
  final: number;
}) {
  const { parts, late, expire, events, final } = given;
  const folder = await caseFolder('expired', {
    pipeline: {
      aggregations: [{ name: 'm', window: { tumbling: '1m' }, idleTimeout: '1m' }],
      rollups: [{ name: 'all', of: 'm', by: [], parts }],
      retention: '2h',
    },
    events: [
      ...[0, 1, 2].map((seconds) => at('a', seconds, T0 + seconds * 1_000)),
      { $close: T0 + 10 * MINUTE },
      ...(expire === undefined ? [] : [{ $expire: expire }]),
      ...[5, 6].map((seconds) => at('b', seconds, late)),
      { $close: late + 10 * MINUTE },
    ],
    expected: [`rollup,all|[],${T0},${END},,events,${events}`, `rollup,all|[],${T0},${END},,final,${final}`],
  });
  return describeCase(await runCase(await readRecordedCase(folder)));
}

describe('a window of a rollup, when its time has run out', () => {
  test.each([1, 16])('is not final with what comes after it was removed, of %i parts', async (parts) => {
    const late = END + 2 * HOUR + 5 * MINUTE;
    const given = { parts, late, expire: END + 2 * HOUR + 1_000, events: 2, final: 0 };
    expect(await outcomeOf(given)).toBe('ok expired\n');
  });

  test('is whole where it is still there, in its only part', async () => {
    const late = END + 2 * HOUR + 5 * MINUTE;
    expect(await outcomeOf({ parts: 1, late, events: 5, final: 1 })).toBe('ok expired\n');
  });

  test('is not final where other parts of it may have been removed', async () => {
    const late = END + 2 * HOUR + 5 * MINUTE;
    expect(await outcomeOf({ parts: 16, late, events: 5, final: 0 })).toBe('ok expired\n');
  });

  test.each([1, 16])('is final with what comes in time, of %i parts', async (parts) => {
    const given = { parts, late: END + HOUR, expire: END + HOUR - 1_000, events: 5, final: 1 };
    expect(await outcomeOf(given)).toBe('ok expired\n');
  });
});
