import { describe, expect, it } from 'vitest';
import { decodeAlertState, encodeAlertState } from '../../../../src/core/alerts/alert-encoding.ts';
import type { AlertRule } from '../../../../src/core/alerts/alert-rule.ts';
import type { AlertState, KeptWindow } from '../../../../src/core/alerts/alert-state.ts';
import { foldObservations } from '../../../../src/core/alerts/fold-observations.ts';
import { foldSilence } from '../../../../src/core/alerts/fold-silence.ts';
import type { AlertDefinition } from '../../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';

const MINUTE = 60_000;

function throughBytes(state: AlertState | undefined): AlertState | undefined {
  return state === undefined ? undefined : decodeAlertState('r', encodeAlertState(state));
}

function ruleOf(alert: Partial<AlertDefinition>): AlertRule {
  const [rule] = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
    alerts: [{ name: 'r', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', ...alert }],
  }).alerts;
  if (rule === undefined) throw new Error('no rule was parsed');
  return rule;
}

const windowsOf = (values: readonly number[]) =>
  values.map((value, at) => ({ start: at * MINUTE, end: (at + 1) * MINUTE, revision: 1, value }));

/** Each transition as the number of the window that made it, and what it went to. */
function transitionsOf(alert: Partial<AlertDefinition>, values: readonly number[]): string[] {
  const { state } = foldObservations(ruleOf(alert), undefined, windowsOf(values));
  return (state?.transitions ?? []).map(({ to, window }) => `${window.start / MINUTE} ${to}`);
}

describe('a threshold', () => {
  it('fires above it and resolves where the value is above it no more', () => {
    expect(transitionsOf({ when: { above: 3 } }, [3, 4, 5, 3, 4])).toEqual([
      '1 firing',
      '3 resolved',
      '4 firing',
    ]);
    expect(transitionsOf({ when: { below: 3 } }, [3, 2, 1, 3])).toEqual(['1 firing', '3 resolved']);
  });

  it('fires once it has held long enough, the window that it began with included', () => {
    const alert = { when: { above: 3 }, for: '3m' } as const;
    expect(transitionsOf(alert, [4, 4, 4, 4])).toEqual(['0 pending', '2 firing']);
    expect(transitionsOf(alert, [4, 4, 0, 4, 4, 4])).toEqual(['0 pending', '2 ok', '3 pending', '5 firing']);
    expect(transitionsOf({ ...alert, for: '1m' }, [4])).toEqual(['0 firing']);
  });

  it('with another to come back to stays as it is between the two', () => {
    const alert = { when: { above: 3 }, clear: { below: 1 } } as const;
    expect(transitionsOf(alert, [4, 2, 1, 4, 0.5, 2, 4])).toEqual(['0 firing', '4 resolved', '6 firing']);
  });

  it('may have to be clear for a while, without a window between that is not', () => {
    const alert = { when: { above: 3 }, clear: { for: '2m' } } as const;
    expect(transitionsOf(alert, [4, 0, 4, 0, 0, 0])).toEqual(['0 firing', '4 resolved']);
  });
});

it('a session that reaches back over one that has closed is not judged, in the same batch or another', () => {
  const rule = parsePipeline({
    aggregations: [{ name: 's', window: { session: { gap: '1m' } } }],
    alerts: [{ name: 'r', on: { aggregation: 's' }, metric: 'v', aggregate: 'max', when: { above: 3 } }],
  }).alerts[0];
  if (rule === undefined) throw new Error('no rule was parsed');
  const later = { start: 5 * MINUTE, end: 6 * MINUTE, revision: 1, value: 0 };
  const reachingBack = { start: 3 * MINUTE, end: 9 * MINUTE, revision: 4, value: 9 };
  const together = foldObservations(rule, undefined, [later, reachingBack]);
  expect(together.state).toMatchObject({ status: 'ok', sequence: 0 });
  const first = foldObservations(rule, undefined, [later]);
  expect(first.changed, 'its place is written').toBe(true);
  expect(foldObservations(rule, first.state, [reachingBack]).state).toEqual(together.state);
});

describe('a change', () => {
  it('is one from the window so many before', () => {
    expect(transitionsOf({ when: { changesBy: { difference: 2 } } }, [0, 2, 5, 5])).toEqual([
      '2 firing',
      '3 resolved',
    ]);
    expect(transitionsOf({ when: { changesBy: { difference: 3, over: 2 } } }, [0, 2, 4, 5])).toEqual([
      '2 firing',
      '3 resolved',
    ]);
  });

  it('as a ratio is of what was before, and without bounds where that was nothing', () => {
    expect(transitionsOf({ when: { changesBy: { ratio: 0.5 } } }, [-4, -1])).toEqual(['1 firing']);
    expect(transitionsOf({ when: { changesBy: { ratio: 1_000 } } }, [0, 0, 1])).toEqual(['2 firing']);
  });

  it('may be watched one way alone', () => {
    const down = { when: { changesBy: { difference: 1, direction: 'down' } } } as const;
    expect(transitionsOf(down, [0, 5, 1])).toEqual(['2 firing']);
  });
});

describe('a rollup', () => {
  const [rule] = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
    rollups: [{ name: 'all', of: 'a', by: [] }],
    alerts: [{ name: 'r', on: { rollup: 'all', settle: '2m' }, aggregate: 'events', when: { below: 10 } }],
  }).alerts;
  const window = (minute: number, value: number) => ({
    start: minute * MINUTE,
    end: (minute + 1) * MINUTE,
    revision: value,
    value,
  });
  const transitions = (observations: readonly ReturnType<typeof window>[]) =>
    rule === undefined
      ? []
      : (foldObservations(rule, undefined, observations).state?.transitions ?? []).map(
          ({ to, window: { start, value } }) => `${start / MINUTE} ${to} ${value}`,
        );

  it('has its windows judged in order, once slower sources have had time to add to them', () => {
    const early = [window(0, 4), window(1, 4), window(0, 12), window(2, 4), window(1, 11), window(3, 4)];
    expect(transitions(early)).toEqual([]);
    expect(transitions([...early, window(4, 4)])).toEqual(['2 firing 4']);
  });

  it('has one that came late judged in its place, and tells of what that changes', () => {
    const judged = [window(0, 4), window(1, 4), window(2, 4), window(3, 12)];
    expect(transitions(judged)).toEqual(['0 firing 4']);
    if (rule === undefined) throw new Error('no rule was parsed');
    const before = foldObservations(rule, undefined, judged).state;
    expect(foldObservations(rule, before, [window(1, 11)]).state?.transitions).toMatchObject([
      { sequence: 2, from: 'firing', to: 'resolved', window: { start: MINUTE, value: 11 }, correction: true },
    ]);
    const taken = foldObservations(rule, before, [window(0, 12)]).state?.transitions;
    expect(taken).toMatchObject([
      { sequence: 2, from: 'ok', to: 'ok', window: { start: 0, value: 12 }, correction: true },
      { sequence: 3, from: 'ok', to: 'firing', window: { start: MINUTE, value: 4 }, correction: true },
    ]);
  });

  it('takes back what it told of a window that holds nothing any more, until that holds something again', () => {
    if (rule === undefined) throw new Error('no rule was parsed');
    const judged = [window(0, 12), window(1, 4), window(2, 12), window(4, 12), window(5, 12)];
    const before = foldObservations(rule, undefined, judged).state;
    expect(before?.transitions.map(({ to }) => to)).toEqual(['firing', 'resolved']);
    const gone: KeptWindow = { ...window(1, 0), revision: 5, gone: true };
    const taken = throughBytes(foldObservations(rule, before, [gone]).state);
    expect(taken).toMatchObject({ status: 'ok' });
    expect(taken?.transitions.map(({ from, to, window: { start } }) => [start / MINUTE, from, to])).toEqual([
      [1, 'ok', 'ok'],
      [2, 'ok', 'ok'],
    ]);
    expect(foldObservations(rule, taken, [window(1, 4), gone]).changed, 'delivered again').toBe(false);
    expect(foldObservations(rule, taken, [{ ...gone, start: 3 * MINUTE, end: 4 * MINUTE }]).changed).toBe(
      false,
    );
    const again = foldObservations(rule, taken, [{ ...window(1, 3), revision: 6 }]).state;
    expect(again?.transitions.map(({ to, window: { start } }) => [start / MINUTE, to])).toEqual([
      [1, 'firing'],
      [2, 'resolved'],
    ]);
  });

  it('ends what is told with how it stands, told before or not', () => {
    if (rule === undefined) throw new Error('no rule was parsed');
    const early = [0, 2, 3, 4, 5, 6].map((at) => window(at, at === 3 ? 4 : 12));
    const before = foldObservations(rule, undefined, early).state;
    expect(before?.transitions).toMatchObject([
      { to: 'firing', window: { start: 3 * MINUTE } },
      { to: 'resolved', window: { start: 4 * MINUTE } },
    ]);
    expect(foldObservations(rule, before, [window(1, 5)]).state?.transitions).toMatchObject([
      { sequence: 3, from: 'ok', to: 'firing', window: { start: MINUTE }, correction: true },
      { sequence: 4, from: 'firing', to: 'resolved', window: { start: 2 * MINUTE }, correction: true },
      // From `ok` it told of the firing at minute 3, which now comes after one that has resolved.
      { sequence: 5, from: 'resolved', to: 'firing', window: { start: 3 * MINUTE }, correction: true },
      { sequence: 6, from: 'firing', to: 'resolved', window: { start: 4 * MINUTE }, correction: true },
    ]);
  });
});

describe('a transition', () => {
  it('says why, of which window, and is numbered', () => {
    const { state } = foldObservations(
      ruleOf({ when: { above: 3 }, severity: 'critical' }),
      undefined,
      windowsOf([4.123456789]),
    );
    expect(state?.transitions).toEqual([
      {
        sequence: 1,
        from: 'ok',
        to: 'firing',
        severity: 'critical',
        reason: 'max of v is 4.12346, above 3',
        window: { start: 0, end: MINUTE, revision: 1, value: 4.123456789 },
      },
    ]);
  });

  it('comes of a window still open where more events cannot undo it, and once', () => {
    const rule = ruleOf({ on: { aggregation: 'a', provisional: true }, when: { above: 3 } });
    const window = { start: 0, end: MINUTE };
    let state: AlertState | undefined;
    const judge = (revision: number, value: number, open?: true) => {
      const fold = foldObservations(rule, state, [{ ...window, revision, value, open }]);
      state = fold.state;
      return fold.changed;
    };
    const looks = [judge(2, 4, true), judge(2, 4, true), judge(3, 5, true), judge(3, 5), judge(3, 5, true)];
    expect(looks).toEqual([true, false, false, true, false]);
    expect(state).toMatchObject({ status: 'firing', sequence: 1, windows: [], told: [] });
  });
});

it('a rule that compares something else now forgets the history, and not that it fires', () => {
  const before = foldObservations(
    ruleOf({ when: { changesBy: { difference: 2 } } }),
    undefined,
    windowsOf([0, 5]),
  );
  expect(before.state).toMatchObject({ status: 'firing', history: [{ value: 0 }, { value: 5 }] });
  const rule = ruleOf({ when: { changesBy: { difference: 2 } }, aggregate: 'min' });
  const after = foldObservations(rule, before.state, windowsOf([0, 5, 100]));
  expect(after.state).toMatchObject({ status: 'firing', sequence: 1, history: [{ value: 100 }] });
});

describe('silence', () => {
  const rule = ruleOf({
    on: undefined,
    metric: undefined,
    aggregate: undefined,
    when: { absent: '5m' },
  } as object);

  it('fires when it has lasted, says since when, and ends with an arrival', () => {
    const quiet = foldSilence(rule, undefined, { lastArrivalMs: 1_000, nowMs: 300_999 });
    expect(quiet).toMatchObject({ changed: false, checkAtMs: 301_000 });
    const fired = foldSilence(rule, quiet.state, { lastArrivalMs: 1_000, nowMs: 301_000 });
    expect(fired).toMatchObject({
      changed: true,
      state: {
        status: 'firing',
        transitions: [{ reason: 'nothing has arrived since 1970-01-01T00:00:01.000Z, for more than 5m' }],
      },
    });
    const resolved = foldSilence(rule, fired.state, { lastArrivalMs: 400_000, nowMs: 400_000 });
    expect(resolved).toMatchObject({
      changed: true,
      checkAtMs: 700_000,
      state: { status: 'resolved', transitions: [{ window: { start: 1_000, end: 400_000 } }] },
    });
  });

  it('that ended and began again between two looks is two', () => {
    const fired = foldSilence(rule, undefined, { lastArrivalMs: 0, nowMs: 300_000 });
    const again = foldSilence(rule, fired.state, { lastArrivalMs: 310_000, nowMs: 900_000 });
    expect(again.state.transitions.map(({ sequence, to }) => `${sequence} ${to}`)).toEqual([
      '2 resolved',
      '3 firing',
    ]);
  });
});
