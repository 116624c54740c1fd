// Tables as CSV (RFC 4180): a header line, lines ended by CR LF.
import { OPTIONAL_FIGURES, type WindowAnswer } from '../../src/wire/api/window-answer.ts';
import { type CsvCell, writeCsvCell } from '../../src/wire/csv-cell.ts';

export interface CsvTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
}

export function writeCsv({ head, rows }: CsvTable): string {
  return [head, ...rows].map((cells) => `${cells.map(writeCsvCell).join(',')}\r\n`).join('');
}

/** A row for each metric of each window; one without metric for a window that has none. `lead`: what stands first in each row. */
export function windowsTable(
  lead: Readonly<Record<string, CsvCell>>,
  windows: readonly WindowAnswer[],
  percents: readonly number[] = [],
): CsvTable {
  const rows = windows.flatMap(({ startMs, endMs, final, partial, revision, events, metrics }) => {
    const common = [...Object.values(lead), startMs, endMs, final, revision, events];
    if (metrics.length === 0)
      return [[...common, '', ...NONE, ...percents.map(() => undefined), ...partialCells(partial)]];
    return metrics.map((metric) => [
      ...common,
      metric.name,
      ...FIGURES.map((figure) => metric[figure]),
      ...percents.map((p) => metric.quantiles?.find((quantile) => quantile.p === p)?.value),
      ...partialCells(partial),
    ]);
  });
  const quantiles = percents.map((p) => `p${p}`);
  return { head: [...Object.keys(lead), ...WINDOW_HEAD, ...FIGURES, ...quantiles, ...PARTIAL_HEAD], rows };
}

const WINDOW_HEAD = ['start_ms', 'end_ms', 'final', 'revision', 'events', 'metric'];
const FIGURES = ['count', 'sum', 'min', 'max', 'mean', ...OPTIONAL_FIGURES] as const;
/** Last, so that who reads by place finds all else where it was. */
const PARTIAL_HEAD = ['partial_since_ms', 'partial_until_ms'];
const NONE = FIGURES.map(() => undefined);

function partialCells(partial: WindowAnswer['partial']): readonly CsvCell[] {
  return [partial?.sinceMs, partial?.untilMs];
}
