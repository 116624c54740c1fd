// Names at the ends of lines, pushed apart where they would cover each other: so that no colour has to be looked up.
import type uPlot from 'uplot';
import type { ChartLine } from './chart-model.ts';
import { spread } from './spread.ts';
import type { ChartTheme } from './theme.ts';

const APART_PX = 14;
const LONGEST = 13;

export function drawEndLabels({
  lines,
  theme,
}: {
  readonly lines: () => readonly ChartLine[];
  readonly theme: ChartTheme;
}): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const ratio = devicePixelRatio;
        const { ctx, bbox } = plot;
        const ends = lines().flatMap((line, at) => {
          const last = lastOf([plot.data[2 + 2 * at], plot.data[1 + 2 * at]]);
          if (last === undefined) return [];
          return [{ line, y: plot.valToPos(last, 'y', true), x: bbox.left + bbox.width }];
        });
        ctx.save();
        ctx.font = theme.font.replace('12px', `${12 * ratio}px`);
        ctx.textBaseline = 'middle';
        ctx.textAlign = 'left';
        for (const { line, x, y } of spread(ends, APART_PX * ratio, bbox.top + bbox.height)) {
          ctx.fillStyle = theme.series[line.color] ?? theme.text;
          ctx.fillText(shortened(line.label), x + 8 * ratio, y);
        }
        ctx.restore();
      },
    },
  };
}

/** The last value there is, of the first column that has one. */
function lastOf(columns: readonly (ArrayLike<number | null | undefined> | undefined)[]): number | undefined {
  for (const column of columns) {
    for (let at = (column?.length ?? 0) - 1; at >= 0; at -= 1) {
      const value = column?.[at];
      if (typeof value === 'number') return value;
    }
  }
  return undefined;
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
