// The state of an alarm by CloudWatch's rules: M of the last N periods, and what stands for periods without data. It looks a little
// further back than N: where it finds N periods with data there, the latest N of them count, and nothing stands for the others.
import type { MetricStore } from './metric-store.ts';
import type { AlarmSpec } from './read-alarm.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Periods looked at beyond those that are asked for. How many CloudWatch takes it does not say; its examples show two. */
const FURTHER_BACK = 2;

/** At `nowMs`, of periods that are over. `before`: the state until now, which `ignore` keeps. */
export function evaluateAlarm(
  alarm: AlarmSpec,
  store: Pick<MetricStore, 'read'>,
  nowMs: number,
  before: AlarmState = 'INSUFFICIENT_DATA',
): AlarmState {
  const { periods, datapoints, missing } = alarm;
  const endMs = Math.floor(nowMs / alarm.periodMs) * alarm.periodMs;
  // The latest first.
  const range = Array.from({ length: periods + FURTHER_BACK }, (_, back) =>
    isBeyond(alarm, store, endMs - (back + 1) * alarm.periodMs),
  );
  const known = range.filter((beyond) => beyond !== undefined);
  if (known.length >= periods)
    return known.slice(0, periods).filter(Boolean).length >= datapoints ? 'ALARM' : 'OK';
  if (missing === 'breaching' || missing === 'notBreaching') {
    const counted = range.slice(0, periods).map((beyond) => beyond ?? missing === 'breaching');
    return counted.filter(Boolean).length >= datapoints ? 'ALARM' : 'OK';
  }
  if (known.filter(Boolean).length >= datapoints) return 'ALARM';
  if (missing === 'ignore') return before;
  return known.length === 0 ? 'INSUFFICIENT_DATA' : 'OK';
}

function isBeyond(
  { metrics, value, threshold, comparison, periodMs }: AlarmSpec,
  store: Pick<MetricStore, 'read'>,
  startMs: number,
): boolean | undefined {
  const values = new Map(
    [...metrics].map(([id, metric]) => [id, store.read(metric, metric.statistic, startMs, periodMs)]),
  );
  const found = value(values);
  if (found === undefined) return undefined;
  return comparison === 'GreaterThanThreshold' ? found > threshold : found < threshold;
}
