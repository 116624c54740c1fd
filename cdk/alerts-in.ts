// What a pipeline definition's alerts need to run: readers and schedules that are not needed are there, but off. The
// definition is checked elsewhere; here it may be anything.

export interface AlertsInUse {
  /** Alerts on source windows, last values or silence. */
  readonly onSources: boolean;
  readonly onRollups: boolean;
  /** Some are by the clock: silence, and rollup windows that wait for slower sources. */
  readonly byClock: boolean;
}

export function alertsIn(pipeline: object): AlertsInUse {
  const listed = 'alerts' in pipeline && Array.isArray(pipeline.alerts) ? pipeline.alerts : [];
  const alerts = listed.filter((alert) => typeof alert === 'object' && alert !== null);
  const has = (key: string, within: unknown) =>
    typeof within === 'object' && within !== null && key in within;
  const onRollups = alerts.filter(({ on }) => has('rollup', on));
  return {
    onSources: alerts.length > onRollups.length,
    onRollups: onRollups.length > 0,
    byClock: alerts.some(
      (alert) => has('absent', alert.when) || has('settle', alert.on) || has('staleAfter', alert),
    ),
  };
}
