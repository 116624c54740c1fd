import { describe, expect, it } from 'vitest';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack({ quietAfterMs: 900_000 });

it('tell the topic that the stack is given, of their beginning and their end', () => {
  const alarmTopic = 'arn:aws:sns:eu-central-1:123456789012:ops';
  const told = Object.values(
    synthesizedStack({ alarmTopic, quietAfterMs: 900_000 }).findResources('AWS::CloudWatch::Alarm'),
  );
  expect(told).toHaveLength(alarms.length);
  for (const { Properties } of told) {
    expect([Properties.AlarmActions, Properties.OKActions]).toEqual([[alarmTopic], [alarmTopic]]);
  }
});

const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, alarm]) => ({
  id: id.replace(/[0-9A-F]{8}$/, ''),
  properties: alarm['Properties'],
}));

/** Those that do not go by three of the latest five minutes, and why not stands in the runbook. */
const OTHERS: readonly (readonly [pattern: RegExp, beyond: number, of: number, periodSeconds: number])[] = [
  [/(GivenUp|Lost)$/, 1, 1, 60],
  [/Own(held|unreadableChanges|rollupUnreadable|rollupFull|unfitAlerts|seriesNotNoted)$/, 1, 1, 60],
  [/^RollupManySeries$/, 1, 1, 60],
  // The audit runs every ten minutes, and what it finds stays until a whole pass finds nothing.
  [/^AuditDifferences$/, 1, 1, 1_200],
  [/^AuditStopped$/, 3, 3, 1_200],
  [/Stopped$/, 5, 5, 60],
  [/^AggregateImbalance/, 2, 3, 300],
  [/^TelemetryQuiet$/, 3, 3, 300],
];

describe('alarms', () => {
  it.each(alarms)(
    '$id goes by several minutes, and by as few as its function allows',
    ({ id, properties }) => {
      const [, beyond, of, seconds] = OTHERS.find(([pattern]) => pattern.test(id)) ?? [/./, 3, 5, 60];
      const period =
        properties.Period ?? properties.Metrics.find((one: object) => 'MetricStat' in one).MetricStat.Period;
      expect([properties.DatapointsToAlarm, properties.EvaluationPeriods, period]).toEqual([
        beyond,
        of,
        seconds,
      ]);
      const isQuietBad = /(Stopped|Quiet)$/.test(id);
      expect(properties.TreatMissingData).toBe(isQuietBad ? 'breaching' : 'notBreaching');
    },
  );

  it('look at nothing twice: no two have one metric, threshold and direction', () => {
    const watched = alarms.map(({ properties: { Namespace, MetricName, Dimensions, Metrics } }) =>
      JSON.stringify([Namespace, MetricName, Dimensions, Metrics]),
    );
    expect(new Set(watched).size).toBe(alarms.length);
  });

  it('wait longer for readers that fill their batches longer', () => {
    const thresholds = Object.entries(
      synthesizedStack({ profile: 'cheap' }).findResources('AWS::CloudWatch::Alarm'),
    )
      .filter(([id]) => /Behind/.test(id))
      .map(([id, { Properties }]) => [/^[A-Z][a-z]+/.exec(id)?.[0], Properties.Threshold]);
    expect(Object.fromEntries(thresholds)).toEqual({
      Aggregate: 120_000,
      Rollup: 70_000,
      Alert: 70_000,
      Publish: 65_000,
      Live: 65_000,
    });
  });
});
