// Alerts that stand while nothing is observed any more: in event time between windows, and by the clock after the last.
import { describe, expect, it } from 'vitest';
import type { AlertState } from '../../../../src/core/alerts/alert-state.ts';
import { foldClock, looksAtMs } from '../../../../src/core/alerts/fold-clock.ts';
import { foldObservations } from '../../../../src/core/alerts/fold-observations.ts';
import type { AlertDefinition } from '../../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';

const MINUTE = 60_000;

function ruleOf(on: AlertDefinition['on'], more: Partial<AlertDefinition> = {}) {
  const [rule] = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' }, allowedLateness: '2m', idleTimeout: '3m' }],
    rollups: [{ name: 'all', of: 'a', by: [] }],
    alerts: [
      {
        name: 'r',
        on,
        aggregate: 'events',
        when: { above: 3 },
        staleAfter: '10m',
        ...more,
      } as AlertDefinition,
    ],
  }).alerts;
  if (rule === undefined) throw new Error('no rule was parsed');
  return rule;
}

const window = (minute: number, value: number) => ({
  start: minute * MINUTE,
  end: (minute + 1) * MINUTE,
  revision: 1,
  value,
});
const told = (state: AlertState | undefined) =>
  (state?.transitions ?? []).map(
    ({ sequence, from, to, window: { start }, stale, correction }) =>
      `${sequence} ${from} ${to} ${start / MINUTE}${stale === true ? ' stale' : ''}${correction === true ? ' correction' : ''}`,
  );

describe.each([
  ['a source', { aggregation: 'a' }],
  ['a rollup', { rollup: 'all' }],
] as const)('an alert on %s', (_, on) => {
  const rule = ruleOf(on);

  it('that fires resolves as stale where no window is for long enough', () => {
    const { state } = foldObservations(rule, undefined, [window(0, 9), window(10, 9), window(21, 9)]);
    expect(told(state)).toEqual(['1 ok firing 0', '2 firing resolved 11 stale', '3 resolved firing 21']);
  });

  it('that is pending begins anew', () => {
    const slow = ruleOf(on, { for: '2m' });
    const { state } = foldObservations(slow, undefined, [window(0, 9), window(11, 9), window(12, 9)]);
    expect(told(state)).toEqual([
      '1 ok pending 0',
      '2 pending ok 1 stale',
      '3 ok pending 11',
      '4 pending firing 12',
    ]);
  });

  it('is found stale by the clock, once a window that came in time would have closed', () => {
    const { state } = foldObservations(rule, undefined, [window(0, 9), window(1, 9)]);
    if (state === undefined) throw new Error('it fires and has no state');
    // The last window's end, ten minutes, and what one that began just before takes to close.
    expect(looksAtMs(rule, state)).toBe((2 + 10 + 1 + 2 + 3) * MINUTE);
    expect(foldClock(rule, state, { nowMs: 18 * MINUTE - 1 })).toMatchObject({ changed: false });
    const stale = foldClock(rule, state, { nowMs: 18 * MINUTE });
    expect(told(stale.state)).toEqual(['2 firing resolved 2 stale']);
    expect(foldClock(rule, stale.state, { nowMs: 99 * MINUTE })).toMatchObject({ changed: false });
    expect(looksAtMs(rule, stale.state ?? state)).toBeUndefined();
  });

  it('that is well has nothing to go stale', () => {
    const { state } = foldObservations(rule, undefined, [window(0, 9), window(1, 0)]);
    if (state === undefined) throw new Error('it fired and has no state');
    expect(looksAtMs(rule, state)).toBeUndefined();
  });
});

describe('an alert on a rollup that the clock found stale', () => {
  const rule = ruleOf({ rollup: 'all' });
  const fired = foldObservations(rule, undefined, [window(0, 9), window(1, 9)]).state;
  const stale = foldClock(rule, fired, { nowMs: 18 * MINUTE }).state;

  it('never was, where a window comes late that left no gap', () => {
    const after = foldObservations(rule, stale, [window(2, 0)]).state;
    expect(told(after)).toEqual(['3 firing firing 2 stale correction', '4 firing resolved 2']);
    expect(after?.status).toBe('resolved');
  });

  it('stays so where the next window leaves the gap', () => {
    expect(told(foldObservations(rule, stale, [window(12, 9)]).state)).toEqual(['3 resolved firing 12']);
  });
});
