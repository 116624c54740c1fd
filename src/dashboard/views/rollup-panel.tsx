// A rollup's series in one chart, live: by region, by site, by model – whatever the pipeline rolls up.
import { useMemo, useState } from 'preact/hooks';
import { parseRollupSeries } from '../../core/series.ts';
import type { PipelineAnswer } from '../../wire/api/answers.ts';
import type { LiveWindow } from '../../wire/live/messages.ts';
import { Chart } from '../charts/chart.tsx';
import { SERIES_COLORS } from '../charts/theme.ts';
import { chartColumns, type Figure, metricFigure, metricNames, rateFigure } from '../data/chart-columns.ts';
import { formatCount, formatFigure, formatRate, formatValues } from '../data/format.ts';
import { useLive } from '../data/use-live.ts';
import { useNow } from '../data/use-now.ts';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';

type Rollup = PipelineAnswer['rollups'][number];

const EVENTS = 'events a second';
const SHOWN_MS = 3_600_000;

export function RollupPanel({ rollups }: { readonly rollups: readonly Rollup[] }) {
  const levels = rollups.flatMap(({ name, levels: of }) => of.map((tags) => ({ rollup: name, tags })));
  const [chosen, setChosen] = useState(0);
  const [measure, setMeasure] = useState(EVENTS);
  const level = levels[Math.min(chosen, levels.length - 1)];
  const live = useLive(level === undefined ? undefined : { rollup: level.rollup, windows: 60 });
  const nowMs = useNow(30_000);
  const depth = level?.tags.length ?? 0;
  const series = useMemo(
    () => seriesOf(live.series, { depth, sinceMs: nowMs - SHOWN_MS, untilMs: nowMs + 60_000 }),
    [live.series, depth, nowMs],
  );
  const names = metricNames(series.flatMap(({ windows }) => windows.slice(-3)));
  const metric = names.includes(measure) ? measure : undefined;
  const shown = series.slice(0, SERIES_COLORS);
  const { x, lines } = useMemo(() => {
    const figure: Figure = metric === undefined ? rateOfPast(nowMs) : metricFigure(metric, 'mean');
    const columns = chartColumns(shown.map(({ windows }) => ({ windows, figure })));
    return {
      x: columns.x,
      lines: shown.flatMap(({ values }, color) => {
        const of = columns.lines[color];
        return of === undefined ? [] : [{ label: formatValues(values), columns: of, color }];
      }),
    };
  }, [series, metric, nowMs]);
  const title = metric === undefined ? 'Events a second' : `Mean of ${metric}`;
  const by = level?.tags.join(' and ') ?? '';
  return (
    <section class="panel" aria-labelledby="rollup-heading">
      <div class="bar">
        <h2 id="rollup-heading">{by === '' ? 'All together' : `By ${by}`}</h2>
        <label>
          Group
          <select value={chosen} onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
            {levels.map(({ rollup, tags }, at) => (
              <option key={`${rollup} ${tags.length}`} value={at}>
                {rollup}
                {tags.length === 0 ? '' : `: ${tags.join(', ')}`}
              </option>
            ))}
          </select>
        </label>
        <label>
          Show
          <select value={metric ?? EVENTS} onChange={({ currentTarget }) => setMeasure(currentTarget.value)}>
            {[EVENTS, ...names].map((name) => (
              <option key={name} value={name}>
                {name === EVENTS ? EVENTS : `mean ${name}`}
              </option>
            ))}
          </select>
        </label>
      </div>
      {live.refused !== undefined ? (
        <Notice kind="trouble">
          {live.refused}{' '}
          {level !== undefined && (
            <Link to={{ page: 'rollups', rollup: level.rollup }}>Choose a series of {level.rollup}</Link>
          )}
        </Notice>
      ) : series.length === 0 ? (
        <Notice>{live.isReady ? 'No windows in the last hour.' : 'Loading…'}</Notice>
      ) : (
        <>
          <Chart
            title={`${title} by ${by}`}
            summary={describe(title, by, series, metric)}
            x={x}
            lines={lines}
            height={230}
            format={metric === undefined ? formatRate : formatFigure}
            endLabels
            fromZero={metric === undefined}
          />
          {level !== undefined && <SeriesLinks level={level} shown={shown} all={series.length} />}
        </>
      )}
    </section>
  );
}

interface SeriesLinksProps {
  readonly level: { readonly rollup: string; readonly tags: readonly string[] };
  readonly shown: ReturnType<typeof seriesOf>;
  /** How many series there are. */
  readonly all: number;
}

function SeriesLinks({ level, shown, all }: SeriesLinksProps) {
  return (
    <ul class="links" aria-label={`Series by ${level.tags.join(' and ')}`}>
      {shown.map(({ values }, color) => (
        <li key={formatValues(values)}>
          <Link to={{ page: 'series', rollup: level.rollup, values }}>
            <span class={`key key-${color}`} aria-hidden="true" />
            {formatValues(values)}
          </Link>
        </li>
      ))}
      {all > shown.length && (
        <li>
          <Link to={{ page: 'rollups', rollup: level.rollup }}>
            all {formatCount(all)} of {level.rollup}
          </Link>
        </li>
      )}
    </ul>
  );
}

/** A window that is still filling has no rate yet. */
function rateOfPast(nowMs: number): Figure {
  return (window) => (window.endMs <= nowMs ? rateFigure(window) : null);
}

interface ShownSeries {
  readonly values: readonly (string | null)[];
  readonly windows: readonly LiveWindow['window'][];
}

/** Those with the most events first when they are more than there are colours; else by name. */
function seriesOf(
  all: ReadonlyMap<string, readonly LiveWindow[]>,
  { depth, sinceMs, untilMs }: { readonly depth: number; readonly sinceMs: number; readonly untilMs: number },
): readonly ShownSeries[] {
  const found = [...all].flatMap(([text, told]): ShownSeries[] => {
    const { values } = parseRollupSeries(text) ?? { values: [] };
    // Devices with fast clocks have windows that are not due yet.
    const windows = told
      .map(({ window }) => window)
      .filter(({ startMs }) => startMs >= sinceMs && startMs < untilMs);
    return values.length === depth && windows.length > 0 ? [{ values, windows }] : [];
  });
  const sizes = new Map(found.map((one) => [one, one.windows.reduce((sum, { events }) => sum + events, 0)]));
  const busiest = found.sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
  const shown = busiest
    .slice(0, SERIES_COLORS)
    .sort((a, b) => (formatValues(a.values) < formatValues(b.values) ? -1 : 1));
  return [...shown, ...busiest.slice(SERIES_COLORS)];
}

function describe(
  title: string,
  by: string,
  series: readonly ShownSeries[],
  metric: string | undefined,
): string {
  const figure: Figure = metric === undefined ? rateFigure : metricFigure(metric, 'mean');
  const parts = series.slice(0, SERIES_COLORS).map(({ values, windows }) => {
    const finals = windows.filter(({ final }) => final);
    const latest = finals.at(-1) ?? windows.at(-1);
    const value = latest === undefined ? null : figure(latest);
    return `${formatValues(values)} ${formatFigure(value)}`;
  });
  return `${title} by ${by}, in the latest closed window: ${parts.join(', ')}.`;
}
