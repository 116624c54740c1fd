import { describe, expect, it } from 'vitest';
import { embeddedMetrics } from '../../../src/local-stack/cloudwatch/embedded-metrics.ts';
import { evaluateAlarm } from '../../../src/local-stack/cloudwatch/evaluate-alarm.ts';
import { metricMath } from '../../../src/local-stack/cloudwatch/metric-math.ts';
import { MetricStore } from '../../../src/local-stack/cloudwatch/metric-store.ts';
import type { AlarmSpec } from '../../../src/local-stack/cloudwatch/read-alarm.ts';

const ID = { namespace: 'N', name: 'm', dimensions: { service: 's' } };
const MINUTE = 60_000;

/** What comes of values by the minute, the latest last; `-` is a minute without data. */
function stateOf(minutes: string, spec: Partial<AlarmSpec>) {
  let nowMs = 0;
  const store = new MetricStore(() => nowMs);
  for (const value of minutes.split(' ')) {
    if (value !== '-') store.put({ ...ID, value: Number(value) });
    nowMs += MINUTE;
  }
  const alarm: AlarmSpec = {
    logicalId: 'A',
    description: '',
    metrics: new Map([['m', { ...ID, statistic: 'Sum', periodMs: MINUTE }]]),
    value: (values) => values.get('m'),
    periodMs: MINUTE,
    threshold: 0,
    comparison: 'GreaterThanThreshold',
    periods: 5,
    datapoints: 3,
    missing: 'notBreaching',
    ...spec,
  };
  return evaluateAlarm(alarm, store, nowMs, 'OK');
}

describe('an alarm', () => {
  it.each([
    ['0 0 1 1 0', 'OK'],
    ['1 0 1 0 1', 'ALARM'],
    ['1 1 1 0 0', 'ALARM'],
    ['1 1 1 0 0 0', 'OK'],
    ['- - - - -', 'OK'],
    ['1 - 1 - 1', 'ALARM'],
    // Five periods with data are found within seven: the two without stand for nothing.
    ['1 1 1 0 - - 0', 'ALARM'],
  ])('of three of five minutes, by %s, is %s', (minutes, state) => {
    expect(stateOf(minutes, {})).toBe(state);
  });

  it.each([
    ['breaching', '- - - - -', 'ALARM'],
    ['breaching', '- - - 0 0', 'ALARM'],
    ['breaching', '- - 0 0 0', 'OK'],
    ['missing', '- - - - - - -', 'INSUFFICIENT_DATA'],
    ['missing', '1 - 1 - 1', 'ALARM'],
    ['ignore', '- - - - 1', 'OK'],
  ] as const)('with %s data missing, by %s, is %s', (missing, minutes, state) => {
    expect(stateOf(minutes, { missing })).toBe(state);
  });

  it('may look for less, and knows a metric by all of its dimensions', () => {
    expect(stateOf('0 0 0', { comparison: 'LessThanThreshold', threshold: 1, periods: 3 })).toBe('ALARM');
    const store = new MetricStore(() => 0);
    store.put({ ...ID, dimensions: { service: 's', changelog: 'c' }, value: 1 });
    expect(store.read(ID, 'Sum', 0, MINUTE)).toBeUndefined();
  });
});

describe('metric math', () => {
  it.each([
    ['a - b * 2', 4],
    ['ABS(b - a)', 7],
    ['IF(a >= 10, b / (a + 0), 0)', 0.3],
    ['IF(a < 10, b, 0)', 0],
    ['FILL(none, 0) + a', 10],
    ['none + a', undefined],
    ['a / (b - b)', undefined],
    ['MAX(a, b, none)', 10],
    ['-a', -10],
  ])('%s is %s', (expression, value) => {
    const values = new Map([
      ['a', 10],
      ['b', 3],
      ['none', undefined],
    ]);
    expect(metricMath(expression)(values)).toBe(value);
  });

  it.each(['a +', 'a ? b', 'RATE(a)', '(a', 'a b', ''])('%s is refused, with where', (expression) => {
    expect(() => metricMath(expression)).toThrow(`metric math ${JSON.stringify(expression)}: found`);
  });
});

it('metrics in a line have the dimensions that the line says', () => {
  const line = {
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'N',
          Dimensions: [['service', 'changelog']],
          Metrics: [{ Name: 'lagMs' }, { Name: 'n' }],
        },
      ],
    },
    service: 's',
    changelog: 'c',
    lagMs: [3, 4],
    n: 1,
    other: 9,
  };
  const dimensions = { service: 's', changelog: 'c' };
  expect(embeddedMetrics(JSON.stringify(line))).toEqual([
    { namespace: 'N', name: 'lagMs', dimensions, value: 3 },
    { namespace: 'N', name: 'lagMs', dimensions, value: 4 },
    { namespace: 'N', name: 'n', dimensions, value: 1 },
  ]);
  expect(embeddedMetrics('{"CloudWatchMetrics"')).toEqual([]);
});
