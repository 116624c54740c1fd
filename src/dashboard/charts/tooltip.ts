// What a pointer is at: the window's time, in the reader's zone and in UTC, and each line's figure.
import type uPlot from 'uplot';
import { formatTime, formatUtc } from '../data/format.ts';
import type { ChartBand, ChartLine } from './chart-model.ts';
import type { ChartTheme } from './theme.ts';

export interface TooltipOptions {
  readonly element: HTMLElement;
  readonly lines: () => readonly ChartLine[];
  readonly band: () => ChartBand | undefined;
  readonly format: (value: number) => string;
  readonly theme: ChartTheme;
}

export function createTooltip({ element, lines, band, format, theme }: TooltipOptions): uPlot.Plugin {
  const tip = document.createElement('div');
  tip.className = 'tooltip';
  tip.hidden = true;
  // The table says the same to those who have no pointer.
  tip.setAttribute('aria-hidden', 'true');
  return {
    hooks: {
      init: () => element.append(tip),
      destroy: () => tip.remove(),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const second = typeof idx === 'number' ? plot.data[0][idx] : undefined;
        tip.hidden = second === undefined || left < 0;
        if (typeof idx !== 'number' || second === undefined || left < 0) return;
        const rows = lines()
          .map((line) => {
            const final = line.columns.final[idx] ?? null;
            return { line, value: final ?? line.columns.provisional[idx] ?? null, isFinal: final !== null };
          })
          .filter(({ value }) => value !== null);
        const isProvisional = rows.some(({ isFinal }) => !isFinal);
        tip.replaceChildren(
          part('strong', formatTime(second * 1_000, { day: true })),
          part('small', `${formatUtc(second * 1_000)}${isProvisional ? ' · provisional' : ''}`),
          ...rows
            .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
            .map(({ line, value }) => row(line.label, format(value ?? 0), theme.series[line.color])),
          ...bandRows(band(), idx, format),
        );
        const isRight = left > plot.over.clientWidth / 2;
        const x = plot.over.offsetLeft + left;
        tip.style.transform = isRight
          ? `translate(calc(${x - 12}px - 100%), 8px)`
          : `translate(${x + 12}px, 8px)`;
      },
    },
  };
}

function bandRows(band: ChartBand | undefined, at: number, format: (value: number) => string): HTMLElement[] {
  const figureOf = (columns: ChartBand['upper'] | undefined) =>
    columns?.final[at] ?? columns?.provisional[at];
  const [upper, lower] = [figureOf(band?.upper), figureOf(band?.lower)];
  if (typeof upper !== 'number' || typeof lower !== 'number') return [];
  return [row('min – max', `${format(lower)} – ${format(upper)}`, undefined)];
}

function row(label: string, value: string, color: string | undefined): HTMLElement {
  const line = document.createElement('div');
  const key = part('i', '');
  if (color !== undefined) key.style.background = color;
  line.append(key, part('span', label), part('b', value));
  return line;
}

function part(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
