// Final windows as Parquet, for whoever asks with Athena or DuckDB: a file for each name and day, always under the same name. A file
// is replaced as a whole by all that is final of its day, so that exporting again, after whatever end, counts nothing twice.
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import type { StateShare } from '../core/state-time.ts';
import { type SeriesWindow, summarizeStored } from '../core/stored-window.ts';
import type { Objects } from '../stores/archive/objects.ts';
import type { WindowKind, Windows } from '../stores/windows.ts';

export interface ExportOptions {
  readonly windows: Windows;
  readonly objects: Objects;
  /** First and last start of a window, ms since the epoch; both included, and widened to whole days in UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly onFile?: (file: ExportedFile) => void;
}

export interface ExportedFile {
  readonly key: string;
  readonly windows: number;
  readonly rows: number;
  readonly size: number;
}

const DAY_MS = 86_400_000;

/** A day's windows are in memory at a time. */
export async function exportWindows({
  windows,
  objects,
  onFile,
  ...range
}: ExportOptions): Promise<readonly ExportedFile[]> {
  const files: ExportedFile[] = [];
  const firstMs = Math.floor(range.fromMs / DAY_MS) * DAY_MS;
  for (let startMs = firstMs; startMs <= range.toMs; startMs += DAY_MS) {
    for (const kind of ['source', 'rollup'] as const) {
      for (const file of await exportDay(kind, startMs, { windows, objects })) {
        files.push(file);
        onFile?.(file);
      }
    }
  }
  return files;
}

async function exportDay(
  kind: WindowKind,
  startMs: number,
  { windows, objects }: Pick<ExportOptions, 'windows' | 'objects'>,
): Promise<readonly ExportedFile[]> {
  const byName = new Map<string, ExportedWindow[]>();
  for await (const together of windows.latest(kind, { fromMs: startMs, toMs: startMs + DAY_MS - 1 })) {
    for (const stored of together) {
      const window = summarizeStored(stored);
      const named = window.final ? nameOf(kind, window) : undefined;
      if (named === undefined) continue;
      const found = byName.get(named.name) ?? [];
      byName.set(named.name, found);
      found.push({ ...named, window });
    }
  }
  const day = new Date(startMs).toISOString().slice(0, 10);
  const files: ExportedFile[] = [];
  for (const [name, found] of [...byName].sort(([a], [b]) => order(a, b))) {
    const key = `windows/kind=${kind}/name=${encodeURIComponent(name)}/day=${day}/windows.parquet`;
    const rows = rowsOf(found);
    const body = parquetOf(rows);
    await objects.put(key, body);
    files.push({ key, windows: found.length, rows: rows.length, size: body.length });
  }
  return files;
}

interface ExportedWindow {
  readonly name: string;
  /** The source, or the rollup's values as JSON. */
  readonly of: string;
  readonly window: SeriesWindow;
}

function nameOf(kind: WindowKind, { series }: SeriesWindow): Pick<ExportedWindow, 'name' | 'of'> | undefined {
  if (kind === 'source') {
    const source = parseSourceSeries(series);
    return source === undefined ? undefined : { name: source.aggregation, of: source.source };
  }
  const rollup = parseRollupSeries(series);
  return rollup === undefined ? undefined : { name: rollup.rollup, of: JSON.stringify(rollup.values) };
}

interface Row {
  readonly of: string;
  readonly window: SeriesWindow;
  /** undefined: the window has no values. */
  readonly metric: string | undefined;
  /** In rows about a state. */
  readonly state?: StateShare & { readonly changes: number };
}

/** A row a metric, and one a state; a window without any has one row of its events. By series, time and metric: the same windows, the same file. */
function rowsOf(windows: readonly ExportedWindow[]): readonly Row[] {
  const sorted = [...windows].sort(
    (a, b) => order(a.of, b.of) || a.window.start - b.window.start || a.window.end - b.window.end,
  );
  return sorted.flatMap(({ of, window }): Row[] => {
    const metrics = [...window.metrics.keys()].sort(order);
    const states = stateRows(of, window);
    return metrics.length + states.length === 0
      ? [{ of, window, metric: undefined }]
      : [...metrics.map((metric) => ({ of, window, metric })), ...states];
  });
}

function stateRows(of: string, window: SeriesWindow): readonly Row[] {
  return [...(window.states ?? [])]
    .sort(([a], [b]) => order(a, b))
    .flatMap(([metric, { times, changes }]) =>
      times.map((share) => ({ of, window, metric, state: { ...share, changes } })),
    );
}

function parquetOf(rows: readonly Row[]): Buffer {
  const summary = ({ metric, state, window }: Row) =>
    metric === undefined || state !== undefined ? undefined : window.metrics.get(metric);
  const text = (name: string, of: (row: Row) => string | undefined): ColumnSource => ({
    name,
    data: rows.map(of),
    type: 'STRING',
  });
  const whole = (name: string, of: (row: Row) => number | undefined): ColumnSource => ({
    name,
    data: rows.map((row) => {
      const value = of(row);
      return value === undefined ? undefined : BigInt(value);
    }),
    type: 'INT64',
  });
  const real = (name: string, of: (row: Row) => number | undefined): ColumnSource => ({
    name,
    data: rows.map(of),
    type: 'DOUBLE',
  });
  const time = (name: string, of: (row: Row) => number): ColumnSource => ({
    name,
    data: rows.map((row) => new Date(of(row))),
    type: 'TIMESTAMP',
  });
  const columns = {
    columnData: [
      text('series', ({ of }) => of),
      time('window_start', ({ window }) => window.start),
      time('window_end', ({ window }) => window.end),
      whole('events', ({ window }) => window.events),
      whole('revision', ({ window }) => window.revision),
      text('metric', ({ metric }) => metric),
      whole('count', (row) => summary(row)?.count),
      real('sum', (row) => summary(row)?.sum),
      real('min', (row) => summary(row)?.min),
      real('max', (row) => summary(row)?.max),
      real('mean', (row) => summary(row)?.mean),
      whole('partial_since_ms', ({ window }) => window.partial?.sinceMs),
      whole('partial_until_ms', ({ window }) => window.partial?.untilMs),
      real('time_weighted_mean', (row) => summary(row)?.timeWeightedMean),
      text('state', ({ state }) => (state === undefined ? undefined : (state.state ?? '(other)'))),
      whole('state_ms', ({ state }) => state?.ms),
      whole('changes', ({ state }) => state?.changes),
    ],
  };
  return Buffer.from(parquetWriteBuffer(columns));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
