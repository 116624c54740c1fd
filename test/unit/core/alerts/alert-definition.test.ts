import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';
import { PipelineError } from '../../../../src/core/pipeline/pipeline-error.ts';

const BASE = {
  aggregations: [
    { name: 'a', window: { tumbling: '1m' }, values: ['v', 'w'] },
    {
      name: 'rich',
      window: { tumbling: '1m' },
      aggregates: ['count', 'last', 'stddev', 'rate', 'quantiles'],
      states: [{ of: 'mode', among: ['run', 'error'] }],
    },
    { name: 'visits', window: { session: { gap: '5m' } }, states: [{ of: 'mode' }] },
  ],
  rollups: [
    { name: 'by-place', of: 'a', levels: ['region', 'site'] },
    { name: 'rich-by-site', of: 'rich', by: ['site'] },
  ],
};
const MINIMAL = { name: 'hot', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 80 } };

const LASTING = { on: { aggregation: 'rich' }, metric: 'mode', aggregate: undefined, when: { is: 'error' } };

const rulesOf = (...alerts: object[]) => parsePipeline({ ...BASE, alerts }).alerts;
const ruleOf = (alert: object) => rulesOf({ ...MINIMAL, ...alert })[0];

function problemsOf(alert: object): readonly string[] {
  try {
    rulesOf({ ...MINIMAL, ...alert });
  } catch (error) {
    if (error instanceof PipelineError) return error.problems;
    throw error;
  }
  return [];
}

describe('an alert of the definition', () => {
  it('is what it says, with defaults for the rest', () => {
    expect(ruleOf({})).toEqual({
      name: 'hot',
      on: { kind: 'aggregation', name: 'a', spec: 't60000', provisional: false },
      measure: { kind: 'metric', metric: 'v', aggregate: 'max' },
      when: { kind: 'above', threshold: 80 },
      forMs: 0,
      clear: { bound: 80, forMs: 0 },
      severity: 'warning',
      filter: { sources: undefined, tags: undefined },
    });
  });

  it.each([
    [{ aggregation: 'rich', provisional: true }],
    [{ last: 'rich' }],
    [{ rollup: 'rich-by-site' }],
    [{ rollup: 'rich-by-site', provisional: true }],
    [{ rollup: 'rich-by-site', settle: '30s' }],
  ])('may ask which state it is in %j', (on) => {
    expect(ruleOf({ ...LASTING, on, for: '5m' })).toMatchObject({
      on: { kind: Object.keys(on)[0], name: Object.values(on)[0] },
      measure: { kind: 'state', metric: 'mode', aggregate: 'lasting', state: 'error' },
      when: { kind: 'is', state: 'error' },
      forMs: 300_000,
    });
  });

  it('may compare with what was, and ask that it is clear for a while', () => {
    const alert = {
      when: { changesBy: { ratio: 0.5, over: 5, direction: 'down' } },
      clear: { below: 0.1, for: '5m' },
      for: '3m',
      severity: 'critical',
    };
    expect(ruleOf(alert)).toMatchObject({
      when: { kind: 'changes', by: 'ratio', threshold: 0.5, over: 5, direction: 'down' },
      clear: { bound: 0.1, forMs: 300_000 },
      forMs: 180_000,
      severity: 'critical',
    });
    expect(ruleOf({ when: { deviates: { season: '1d' } } })).toMatchObject({
      when: {
        kind: 'deviates',
        score: 6,
        historyMs: 14 * 86_400_000,
        seasonMs: 86_400_000,
        direction: 'both',
      },
      clear: { bound: 1.5, forMs: 0 },
    });
  });

  it('may be on a rollup, on one level of it, on last values, on events, or on silence', () => {
    expect(ruleOf({ on: { rollup: 'by-place', by: ['region'] } })).toMatchObject({
      on: { kind: 'rollup', name: 'by-place', levels: [['region']], provisional: false, settleMs: 0 },
    });
    expect(ruleOf({ on: { rollup: 'by-place', provisional: true } })).toMatchObject({
      on: { levels: [['region'], ['region', 'site']], provisional: true, settleMs: 0 },
    });
    expect(ruleOf({ on: { last: 'rich' }, aggregate: undefined })).toMatchObject({
      on: { kind: 'last', name: 'rich' },
      measure: { kind: 'metric', metric: 'v', aggregate: 'last' },
    });
    expect(ruleOf({ metric: undefined, aggregate: 'events' })).toMatchObject({ measure: { kind: 'events' } });
    expect(rulesOf({ name: 's', when: { absent: '10m' }, filter: { sources: ['sensor-'] } })).toMatchObject([
      {
        on: { kind: 'source' },
        measure: undefined,
        when: { kind: 'absent', afterMs: 600_000 },
        filter: { sources: ['sensor-'] },
      },
    ]);
  });

  it('with a filter by tags keeps the windows of its aggregation apart by them', () => {
    const { aggregations } = parsePipeline({
      ...BASE,
      alerts: [{ ...MINIMAL, filter: { tags: { model: ['x'] } } }],
    });
    expect(aggregations[0]?.groupBy).toEqual(['model', 'region', 'site']);
    expect(aggregations[2]?.groupBy).toEqual([]);
  });

  it.each([
    [
      { on: undefined },
      'alerts[0].on: missing, expected {"aggregation": NAME}, {"rollup": NAME} or {"last": NAME}',
    ],
    [
      { on: { aggregation: 'a', last: 'a' } },
      'alerts[0].on: found aggregation and last, expected exactly one of aggregation, rollup, last',
    ],
    [
      { on: { aggregation: 'b' } },
      'alerts[0].on.aggregation: found "b", expected the name of an aggregation: "a", "rich", "visits"',
    ],
    [
      { on: { rollup: 'a' } },
      'alerts[0].on.rollup: found "a", expected the name of a rollup: "by-place", "rich-by-site"',
    ],
    [
      { on: { rollup: 'by-place', by: ['site'] } },
      'alerts[0].on.by: found ["site"], expected the tags of a level of the rollup: ["region"], ["region","site"]',
    ],
    [
      { on: { last: 'rich', provisional: true }, aggregate: undefined },
      'alerts[0].on.provisional: unknown key, expected one of last',
    ],
    [
      { on: { rollup: 'by-place', provisional: true, settle: '1m' } },
      'alerts[0].on.settle: found with provisional, expected one of them',
    ],
    [
      { on: { last: 'a' }, aggregate: undefined },
      'alerts[0].on.last: found "last", which "a" does not keep: expected "last" among its aggregates',
    ],
    [
      { on: { aggregation: 'a', provisional: 1 } },
      'alerts[0].on.provisional: found 1, expected true or false',
    ],
    [{ metric: 'x' }, 'alerts[0].metric: found "x", expected one of the values that "a" takes: "v", "w"'],
    [{ metric: undefined }, 'alerts[0].metric: missing, expected the name of a value'],
    [
      { aggregate: 'p99' },
      'alerts[0].aggregate: found "p99", which "a" does not keep: expected "quantiles" among its aggregates',
    ],
    [
      { aggregate: 'rate' },
      'alerts[0].aggregate: found "rate", which "a" does not keep: expected "rate" among its aggregates',
    ],
    [
      { ...LASTING, when: { is: 'down' } },
      'alerts[0].when.is: found "down", expected one of those that are told apart: run, error',
    ],
    [
      { ...LASTING, on: { last: 'visits' } },
      'alerts[0].on.last: found "visits" with when.is, whose windows are sessions, expected one with other windows: a session knows nothing of how long a state had lasted before it',
    ],
    [{ ...LASTING, clear: { below: 3 } }, 'alerts[0].clear.below: unknown key, expected one of for'],
    [
      { aggregate: 'changes' },
      'alerts[0].metric: found "v", expected one of the states that "a" asks for: there is none',
    ],
    [
      { on: { aggregation: 'rich' }, metric: 'mode', aggregate: 'seconds' },
      'alerts[0].state: missing, expected which state the seconds are of',
    ],
    [
      { state: 'run' },
      'alerts[0].state: found "run", expected none but with the aggregate "seconds" or "share"',
    ],
    [{ aggregate: 'p75' }, /alerts\[0\]\.aggregate: found "p75", expected one of count, sum, .*p99, events/],
    [
      { aggregate: 'events' },
      'alerts[0].metric: found with the aggregate "events", expected none: events are counted whatever they carry',
    ],
    [
      { when: {} },
      'alerts[0].when: found none, expected exactly one of above, below, changesBy, is, absent, deviates',
    ],
    [{ when: { above: '80' } }, /alerts\[0\]\.when\.above: found "80", expected a number/],
    [
      { when: { changesBy: { ratio: -1 } } },
      /alerts\[0\]\.when\.changesBy\.ratio: found -1, expected a number of 0 to/,
    ],
    [
      { when: { changesBy: { ratio: 1, over: 65 } } },
      'alerts[0].when.changesBy.over: found 65, expected a whole number of 1 to 64',
    ],
    [
      { when: { deviates: { history: '11m' } } },
      'alerts[0].when.deviates.history: found 11m, expected at least 12m: 12 windows of "a"',
    ],
    [
      { when: { deviates: { history: '1d', season: '1d' } } },
      /alerts\[0\]\.when\.deviates\.season: found "1d", expected at most half the history/,
    ],
    [
      { on: { aggregation: 'a', provisional: true }, when: { deviates: {} } },
      /alerts\[0\]\.on\.provisional: found true with deviates, expected none/,
    ],
    [
      { when: { absent: '10m' }, metric: undefined, aggregate: undefined },
      /alerts\[0\]\.on: found .* with absent, expected/,
    ],
    [
      {
        on: { rollup: 'by-place', settle: '1m' },
        when: { absent: '10m' },
        metric: undefined,
        aggregate: undefined,
      },
      /alerts\[0\]\.on\.settle: found with absent, expected none/,
    ],
    [
      { on: undefined, when: { absent: '10m' }, metric: undefined, aggregate: undefined, staleAfter: '10m' },
      /alerts\[0\]\.staleAfter: found "10m", expected more than absent, 10m/,
    ],
    [{ staleAfter: '30s' }, /alerts\[0\]\.staleAfter: found "30s", expected/],
    [
      { when: { above: 80 }, clear: { below: 81 } },
      /alerts\[0\]\.clear\.below: found 81, expected a number of .* to 80/,
    ],
    [
      { when: { below: 5 }, clear: { below: 4 } },
      'alerts[0].clear.below: unknown key, expected one of above, for',
    ],
    [{ severity: 'bad' }, 'alerts[0].severity: found "bad", expected one of info, warning, critical'],
    [{ filter: {} }, 'alerts[0].filter: found {}, expected sources or tags'],
    [
      { on: { rollup: 'by-place' }, filter: { tags: { model: ['x'] } } },
      'alerts[0].filter.tags: found "model", expected a tag that the rollup groups by',
    ],
    [{ For: '5m' }, /alerts\[0\]\.For: unknown key, expected one of name, on, metric/],
  ])('is refused with what was found and what was expected: %j', (alert, problem) => {
    const problems = problemsOf(alert);
    expect(problems).toHaveLength(1);
    if (typeof problem === 'string') expect(problems[0]).toBe(problem);
    else expect(problems[0]).toMatch(problem);
  });

  it('has a name of its own', () => {
    expect(() => rulesOf(MINIMAL, MINIMAL)).toThrow(
      'alerts[1].name: found "hot" a second time, expected a name of its own',
    );
  });
});
