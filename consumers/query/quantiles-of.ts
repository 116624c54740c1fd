// Any quantile of a window's metrics, read from their sketches; the one place that asks a sketch.
import { metricQuantile } from '../../src/core/metric.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import type { Quantile } from '../../src/wire/api/window-answer.ts';

/** By metric name. A metric without a sketch has null for each: its aggregation does not ask for quantiles. */
export function quantilesOf(
  window: StoredWindow,
  percents: readonly number[],
): ReadonlyMap<string, readonly Quantile[]> {
  return new Map(
    window.metrics.map((metric) => [
      metric.name,
      percents.map((p) => ({ p, value: metricQuantile(metric, p / 100) ?? null })),
    ]),
  );
}
