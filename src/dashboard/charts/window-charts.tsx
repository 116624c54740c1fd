// All charts of one list of windows: how many events, each metric, distinct counts.
import { useMemo } from 'preact/hooks';
import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import {
  chartColumns,
  distinctFigure,
  eventsFigure,
  type Figure,
  metricFigure,
  metricNames,
  quantileFigure,
  summarize,
} from '../data/chart-columns.ts';
import { formatCount, formatFigure } from '../data/format.ts';
import { Chart } from './chart.tsx';
import { SERIES_COLORS } from './theme.ts';

export interface WindowChartsProps {
  readonly windows: readonly WindowAnswer[];
  /** Whether a metric is shown as a sum; else as a mean within its range. */
  readonly isSum: (metric: string) => boolean;
  /** In percent; those asked for. */
  readonly quantiles: readonly number[];
  /** What distinct texts of a field are called here. */
  readonly nameOfDistinct: (field: string) => string;
}

export function WindowCharts({ windows, isSum, quantiles, nameOfDistinct }: WindowChartsProps) {
  const metrics = useMemo(() => metricNames(windows), [windows]);
  const distinct = useMemo(
    () => [...new Set(windows.flatMap((window) => (window.distinct ?? []).map(({ of }) => of)))],
    [windows],
  );
  return (
    <div class="charts">
      {distinct.map((field) => (
        <OneFigure
          key={field}
          title={`${nameOfDistinct(field)} in a window`}
          windows={windows}
          figure={distinctFigure(field)}
          figureKey={field}
          color={2}
          format={formatCount}
        />
      ))}
      {metrics.map((name, at) =>
        isSum(name) ? (
          <OneFigure
            key={name}
            title={`${name}, sum`}
            windows={windows}
            figure={metricFigure(name, 'sum')}
            figureKey={`sum ${name}`}
            color={at % SERIES_COLORS}
            format={formatFigure}
          />
        ) : (
          <MetricChart
            key={name}
            name={name}
            windows={windows}
            quantiles={quantiles}
            color={at % SERIES_COLORS}
          />
        ),
      )}
      <OneFigure
        title="Events in a window"
        windows={windows}
        figure={eventsFigure}
        figureKey="events"
        color={7}
        format={formatCount}
      />
    </div>
  );
}

interface OneFigureProps {
  readonly title: string;
  readonly windows: readonly WindowAnswer[];
  readonly figure: Figure;
  readonly figureKey: string;
  readonly color: number;
  readonly format: (value: number) => string;
}

function OneFigure({ title, windows, figure, figureKey, color, format }: OneFigureProps) {
  const { x, lines } = useMemo(() => {
    const columns = chartColumns([{ windows, figure }]);
    return { x: columns.x, lines: columns.lines.map((line) => ({ label: title, columns: line, color })) };
    // The figure is as its key says.
  }, [windows, figureKey, color, title]);
  return (
    <Chart
      title={title}
      summary={summarize(title, windows, figure, format)}
      x={x}
      lines={lines}
      kind="bars"
      height={150}
      format={format}
    />
  );
}

interface MetricChartProps {
  readonly name: string;
  readonly windows: readonly WindowAnswer[];
  readonly quantiles: readonly number[];
  readonly color: number;
}

function MetricChart({ name, windows, quantiles, color }: MetricChartProps) {
  const { x, lines, band } = useMemo(() => {
    const known = quantiles.filter((p) => windows.some((window) => quantileFigure(name, p)(window) !== null));
    const columns = chartColumns([
      { windows, figure: metricFigure(name, 'mean') },
      ...known.map((p) => ({ windows, figure: quantileFigure(name, p) })),
      { windows, figure: metricFigure(name, 'max') },
      { windows, figure: metricFigure(name, 'min') },
    ]);
    const [mean, ...rest] = columns.lines;
    const [upper, lower] = rest.slice(known.length);
    // None of them the metric's own colour.
    const shades = [7, 4, 3, 6].filter((shade) => shade !== color);
    return {
      x: columns.x,
      lines:
        mean === undefined
          ? []
          : [
              { label: 'mean', columns: mean, color },
              ...known.flatMap((p, at) => {
                const of = rest[at];
                const shade = shades[at % shades.length] ?? 0;
                return of === undefined ? [] : [{ label: `p${p}`, columns: of, color: shade, isMinor: true }];
              }),
            ],
      band: upper === undefined || lower === undefined ? undefined : { label: 'range', upper, lower, color },
    };
  }, [windows, name, quantiles, color]);
  return (
    <Chart
      title={name}
      summary={summarize(`Mean of ${name}`, windows, metricFigure(name, 'mean'), formatFigure)}
      x={x}
      lines={lines}
      band={band}
      format={formatFigure}
    />
  );
}
