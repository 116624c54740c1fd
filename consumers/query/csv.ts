// Tables as CSV (RFC 4180): a header line, lines ended by CR LF.
import { OPTIONAL_FIGURES, type StateAnswer, type WindowAnswer } from '../../src/wire/api/window-answer.ts';
import { type CsvCell, writeCsvCell } from '../../src/wire/csv-cell.ts';

export interface CsvTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
}

export function writeCsv({ head, rows }: CsvTable): string {
  return [head, ...rows].map((cells) => `${cells.map(writeCsvCell).join(',')}\r\n`).join('');
}

/** A row for each metric and each state of each window; one without either for a window that has none. `lead`: what stands first in each row. */
export function windowsTable(
  lead: Readonly<Record<string, CsvCell>>,
  windows: readonly WindowAnswer[],
  percents: readonly number[] = [],
): CsvTable {
  const rows = windows.flatMap(
    ({ startMs, endMs, final, partial, revision, events, metrics, states = [] }) => {
      const common = [...Object.values(lead), startMs, endMs, final, revision, events];
      const none = [...NONE, ...percents.map(() => undefined), ...partialCells(partial)];
      const lasting = states.flatMap((state) =>
        stateCells(state).map((cells) => [...common, state.name, ...none, undefined, ...cells]),
      );
      if (metrics.length === 0 && lasting.length === 0) return [[...common, '', ...none, ...NO_TIMES]];
      const numbers = metrics.map((metric) => [
        ...common,
        metric.name,
        ...FIGURES.map((figure) => metric[figure]),
        ...percents.map((p) => metric.quantiles?.find((quantile) => quantile.p === p)?.value),
        ...partialCells(partial),
        metric.timeWeightedMean,
        ...NO_STATE,
      ]);
      return [...numbers, ...lasting];
    },
  );
  const quantiles = percents.map((p) => `p${p}`);
  return {
    head: [...Object.keys(lead), ...WINDOW_HEAD, ...FIGURES, ...quantiles, ...PARTIAL_HEAD, ...TIMES_HEAD],
    rows,
  };
}

const WINDOW_HEAD = ['start_ms', 'end_ms', 'final', 'revision', 'events', 'metric'];
const FIGURES = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  ...OPTIONAL_FIGURES.filter((figure) => figure !== 'timeWeightedMean'),
] as const;
/** Last, so that who reads by place finds all else where it was. */
const PARTIAL_HEAD = ['partial_since_ms', 'partial_until_ms'];
const TIMES_HEAD = ['timeWeightedMean', 'state', 'state_ms', 'changes'];
const NONE = FIGURES.map(() => undefined);

const NO_STATE = [undefined, undefined, undefined];
const NO_TIMES = [undefined, ...NO_STATE];

/** State, ms and changes of all; `(other)` for those that are not told apart. */
function stateCells({ times, otherMs, changes }: StateAnswer): readonly (readonly CsvCell[])[] {
  const others = otherMs === undefined ? [] : [{ state: '(other)', ms: otherMs }];
  return [...times, ...others].map(({ state, ms }) => [state, ms, changes]);
}

function partialCells(partial: WindowAnswer['partial']): readonly CsvCell[] {
  return [partial?.sinceMs, partial?.untilMs];
}
