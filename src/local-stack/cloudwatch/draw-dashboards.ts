// What the template's dashboards show, by what has been published in this run.
import type { MetricStore, Statistic } from './metric-store.ts';
import type { DashboardSpec, DrawnMetric } from './read-dashboard.ts';

interface DrawnGraph {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly series: readonly DrawnSeries[];
}

interface DrawnSeries {
  readonly label: string;
  /** Period by period, the latest last, which is not over yet; null: nothing was published. */
  readonly values: readonly (number | null)[];
}

export interface DrawnDashboards {
  /** ms since the epoch: when the latest period began. */
  readonly atMs: number;
  readonly graphs: readonly DrawnGraph[];
}

/** As many as fit a small line. */
const PERIODS = 60;
const STATISTICS: readonly Statistic[] = ['Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount'];

export function drawDashboards(
  specs: readonly DashboardSpec[],
  store: MetricStore,
  nowMs: number,
): DrawnDashboards {
  const graphs = specs
    .flatMap((spec) => spec.graphs)
    .map(({ title, x, y, metrics }) => ({
      ...{ title, x, y },
      series: metrics.map((metric) => seriesOf(metric, store, nowMs)),
    }));
  return { atMs: Math.floor(nowMs / MINUTE_MS) * MINUTE_MS, graphs };
}

const MINUTE_MS = 60_000;

function seriesOf(
  { id, label, statistic, periodMs }: DrawnMetric,
  store: MetricStore,
  nowMs: number,
): DrawnSeries {
  const known = STATISTICS.find((each) => each === statistic);
  const latestMs = Math.floor(nowMs / periodMs) * periodMs;
  const values = Array.from({ length: PERIODS }, (_, at) => {
    const startMs = latestMs - (PERIODS - 1 - at) * periodMs;
    return store.read(id, known ?? 'Maximum', startMs, periodMs) ?? null;
  });
  // Values are not kept one by one: of a percentile the greatest is what there is.
  return { label: known === undefined ? `${label}, greatest` : label, values };
}
