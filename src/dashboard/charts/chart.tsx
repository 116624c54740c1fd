// A chart over time: lines or bars, what is provisional drawn lighter and broken; a sentence and a table say the same.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useScheme } from '../parts/scheme.tsx';
import { axisTimes } from './axis-times.ts';
import { type ChartBand, type ChartLine, type ChartProps, wholeOf } from './chart-model.ts';
import { ChartTable } from './chart-table.tsx';
import { drawEndLabels } from './end-labels.ts';
import { type ChartTheme, readTheme } from './theme.ts';
import { createTooltip } from './tooltip.ts';
import { widestTime } from './widest-time.ts';

export function Chart(props: ChartProps) {
  const { title, summary, lines, band, kind = 'line' } = props;
  const [isTable, setIsTable] = useState(false);
  const hasProvisional = lines.some(({ columns }) => columns.provisional.some((value) => value !== null));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {(lines.length > 1 || band !== undefined) &&
            lines.map(({ label, color, isMinor }) => (
              <li key={label}>
                <span
                  class={`key key-${color} ${isMinor === true ? 'minor' : ''} ${kind}`}
                  aria-hidden="true"
                />
                {label}
              </li>
            ))}
          {band !== undefined && (
            <li>
              <span class={`key key-${band.color} band`} aria-hidden="true" />
              {band.label}
            </li>
          )}
          {hasProvisional && (
            <li class="muted">
              <span class={`key provisional ${kind}`} aria-hidden="true" />
              provisional
            </li>
          )}
        </ul>
        <button
          type="button"
          class="quiet"
          aria-expanded={isTable}
          aria-label={`Table: ${title}`}
          onClick={() => setIsTable(!isTable)}
        >
          Table
        </button>
      </figcaption>
      <Plot {...props} />
      <p class="visually-hidden">{summary}</p>
      {isTable && <ChartTable {...props} />}
    </figure>
  );
}

function Plot(props: ChartProps) {
  const { summary, height = 190 } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const scheme = useScheme();
  const latest = useRef(props);
  latest.current = props;
  const shape = JSON.stringify([
    props.lines.map(({ label, color, isMinor }) => [label, color, isMinor]),
    props.band?.label,
    props.kind,
    height,
    scheme.effective,
  ]);
  const data = useMemo(() => dataOf(props), [props.x, props.lines, props.band]);
  const latestData = useRef(data);
  latestData.current = data;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element, latest), latestData.current, element);
    plot.current = made;
    const resized = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== made.width) made.setSize({ width, height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);
  return (
    <div class="plot" role="img" aria-label={summary} ref={place} style={{ minHeight: `${height}px` }} />
  );
}

type Shown = { readonly current: ChartProps };

function optionsOf(element: HTMLElement, latest: Shown): uPlot.Options {
  const { lines, band, kind = 'line', height = 190, endLabels = false, fromZero = false } = latest.current;
  const theme = readTheme(element);
  const format = (value: number) => latest.current.format(value);
  const axis = { stroke: theme.muted, font: theme.font, grid: { stroke: theme.line, width: 1 } };
  const isNarrow = element.clientWidth < 480;
  return {
    width: Math.max(200, element.clientWidth),
    height,
    padding: [
      10,
      // It is asked before there are data, too.
      ({ data }: Partial<uPlot>) =>
        Math.max(endLabels ? (isNarrow ? 64 : 92) : 12, roomBehind(data?.[0] ?? [], theme)),
      0,
      0,
    ],
    cursor: { points: { size: 6 }, drag: { x: false, y: false }, y: false },
    legend: { show: false },
    scales: {
      x: { time: true, ...(kind === 'bars' ? { range: roomForBars } : {}) },
      y: { range: (_, least, most) => rangeOf(least, most, fromZero || kind === 'bars') },
    },
    axes: [
      { ...axis, values: axisTimes, ticks: { show: false }, space: isNarrow ? 70 : 90, size: 30 },
      {
        ...axis,
        values: (_, splits) => splits.map((value) => format(value)),
        ticks: { show: false },
        size: 54,
        gap: 6,
        space: 36,
      },
    ],
    series: [
      {},
      ...lines.flatMap((line) => seriesOf(line, kind, theme)),
      ...(band === undefined ? [] : edgesOf(band)),
    ],
    bands: band === undefined ? [] : [bandOf(band, 1 + 2 * lines.length, theme)],
    plugins: [
      createTooltip({
        element,
        lines: () => latest.current.lines,
        band: () => latest.current.band,
        format,
        theme,
      }),
      ...(endLabels ? [drawEndLabels({ lines: () => latest.current.lines, theme })] : []),
    ],
  };
}

/** Half of the last time's label, which is centred below its time and may stand at the very end of the axis. */
function roomBehind(times: ArrayLike<number>, { font }: ChartTheme): number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = font;
  return Math.ceil(context.measureText(widestTime(times)).width / 2) + 2;
}

/** The first bar and the last are whole ones. */
function roomForBars(plot: uPlot, least: number, most: number): [number, number] {
  const starts = plot.data[0];
  const step = starts.length < 2 ? 60 : (most - least) / (starts.length - 1);
  return [least - step / 2, most + step / 2];
}

/** Something to see between the lines and the frame; a scale of one value is none. */
function rangeOf(least: number | null, most: number | null, fromZero: boolean): [number, number] {
  if (least === null || most === null) return [0, 1];
  const low = fromZero ? Math.min(0, least) : least;
  const room = most - low === 0 ? Math.abs(most) * 0.1 || 1 : (most - low) * 0.08;
  return [fromZero && low === 0 ? 0 : low - room, most + room];
}

/** Final, then provisional. */
function seriesOf(line: ChartLine, kind: 'line' | 'bars', theme: ChartTheme): uPlot.Series[] {
  const stroke = theme.series[line.color] ?? theme.text;
  if (kind === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [0.7, 28], radius: 0.15 });
    const common = { label: line.label, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
    return [
      { ...common, fill: stroke, width: 0 },
      { ...common, fill: `${stroke}55`, stroke, width: 1, dash: [3, 3] },
    ];
  }
  const width = line.isMinor === true ? 1 : 2;
  return [
    { label: line.label, stroke, width, points: { show: false } },
    { label: line.label, stroke: `${stroke}cc`, width, dash: [4, 4], points: { show: false } },
  ];
}

function edgesOf({ label }: ChartBand): uPlot.Series[] {
  return [1, 2].map(() => ({ label, width: 0, points: { show: false } }));
}

function bandOf({ color }: ChartBand, first: number, theme: ChartTheme): uPlot.Band {
  return { series: [first, first + 1], fill: `${theme.series[color] ?? theme.text}24` };
}

function dataOf({ x, lines, band }: ChartProps): uPlot.AlignedData {
  const edges = band === undefined ? [] : [wholeOf(band.upper), wholeOf(band.lower)];
  const columns = lines.flatMap(({ columns }) => [[...columns.final], [...columns.provisional]]);
  return [[...x], ...columns, ...edges];
}
