// Tables as CSV (RFC 4180): a header line, lines ended by CR LF, quotes where they are needed.
import { OPTIONAL_FIGURES, type WindowAnswer } from '../../src/wire/api/window-answer.ts';

export interface CsvTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type Cell = string | number | boolean | null | undefined;

export function writeCsv({ head, rows }: CsvTable): string {
  return [head, ...rows].map((cells) => `${cells.map(writeCell).join(',')}\r\n`).join('');
}

/** A row for each metric of each window; one without metric for a window that has none. `lead`: what stands first in each row. */
export function windowsTable(
  lead: Readonly<Record<string, Cell>>,
  windows: readonly WindowAnswer[],
  percents: readonly number[] = [],
): CsvTable {
  const rows = windows.flatMap(({ startMs, endMs, final, revision, events, metrics }) => {
    const common = [...Object.values(lead), startMs, endMs, final, revision, events];
    if (metrics.length === 0) return [[...common, '', ...NONE, ...percents.map(() => undefined)]];
    return metrics.map((metric) => [
      ...common,
      metric.name,
      ...FIGURES.map((figure) => metric[figure]),
      ...percents.map((p) => metric.quantiles?.find((quantile) => quantile.p === p)?.value),
    ]);
  });
  const quantiles = percents.map((p) => `p${p}`);
  return { head: [...Object.keys(lead), ...WINDOW_HEAD, ...FIGURES, ...quantiles], rows };
}

const WINDOW_HEAD = ['start_ms', 'end_ms', 'final', 'revision', 'events', 'metric'];
const FIGURES = ['count', 'sum', 'min', 'max', 'mean', ...OPTIONAL_FIGURES] as const;
const NONE = FIGURES.map(() => undefined);

function writeCell(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
