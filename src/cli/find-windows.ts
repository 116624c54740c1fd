// Windows as a reader sees them: those stored, and those still open in the states of their sources.
import { parseRollupSeries, parseSourceSeries, rollupSeries, sourceSeries } from '../core/series.ts';
import type { OpenWindowView } from '../core/state-view.ts';
import { viewState } from '../core/state-view.ts';
import type { SeriesWindow, StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import type { SourceStates, StoredState } from '../stores/source-states.ts';
import type { WindowKind, Windows } from '../stores/windows.ts';

export interface WindowQuery {
  readonly source?: string;
  readonly aggregation?: string;
  readonly rollup?: string;
  /** With `rollup`: the tag values, in its order. */
  readonly value?: readonly string[];
  /** Windows that start at or after, at or before. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

export interface FoundWindows {
  /** The latest first. */
  readonly windows: readonly SeriesWindow[];
  /** States that could not be read: their windows are missing, nobody else's. */
  readonly problems: readonly string[];
}

/** A window that is both open in a state and stored has closed meanwhile: the stored one is shown. */
export async function findWindows(
  { windows, states }: { readonly windows: Windows; readonly states: SourceStates },
  query: WindowQuery,
): Promise<FoundWindows> {
  const { from = 0, to = MAX_START_MS, limit } = query;
  const found = new Map<string, StoredWindow>();
  const sessions = new Map<string, string>();
  // The states first: what closes between the two is among the stored ones then.
  const { open, problems } = await openWindows(states, query);
  for (const window of open) found.set(keyOf(window), window);
  for (const window of open)
    if (window.isSession) sessions.set(`${window.start} ${window.series}`, keyOf(window));
  for await (const window of storedWindows(windows, query)) {
    // A session may have gone on before it closed.
    found.delete(sessions.get(`${window.start} ${window.series}`) ?? '');
    found.set(keyOf(window), window);
  }
  const latestFirst = [...found.values()]
    .filter((window) => window.start >= from && window.start <= to && isAskedFor(window, query))
    .sort((a, b) => b.start - a.start || (a.series < b.series ? -1 : 1))
    .slice(0, limit);
  return { windows: latestFirst.map(summarizeStored), problems };
}

const MAX_START_MS = 8.64e15;

function keyOf({ series, start, end }: StoredWindow): string {
  return `${start} ${end} ${series}`;
}

function isAskedFor({ series }: StoredWindow, query: WindowQuery): boolean {
  const ofSource = parseSourceSeries(series);
  if (query.source !== undefined && ofSource?.source !== query.source) return false;
  if (query.aggregation !== undefined && ofSource?.aggregation !== query.aggregation) return false;
  return query.rollup === undefined || parseRollupSeries(series)?.rollup === query.rollup;
}

async function openWindows(
  states: SourceStates,
  { source, rollup }: WindowQuery,
): Promise<{ readonly open: readonly OpenWindowView[]; readonly problems: readonly string[] }> {
  const open: OpenWindowView[] = [];
  const problems: string[] = [];
  if (rollup !== undefined) return { open, problems };
  for await (const stored of source === undefined ? states.scan() : await states.load([source])) {
    try {
      open.push(...viewState(stored.source, stored.state).open);
    } catch (error) {
      problems.push(describeProblem(stored, error));
    }
  }
  return { open, problems };
}

function describeProblem({ source, version }: StoredState, error: unknown): string {
  return `source ${JSON.stringify(source)}, version ${version}: ${error instanceof Error ? error.message : String(error)}`;
}

/** The latest windows of one series where the query names one, else of all; not many more than are asked for. */
async function* storedWindows(windows: Windows, query: WindowQuery): AsyncIterable<StoredWindow> {
  const { from: fromMs = 0, to: toMs = MAX_START_MS, limit } = query;
  const range = { fromMs, toMs, readAhead: limit };
  const series = seriesOf(query);
  if (series !== undefined) {
    let found = 0;
    for await (const window of windows.list(series, { ...range, descending: true })) {
      yield window;
      found += 1;
      if (found >= limit) return;
    }
    return;
  }
  for (const kind of kindsOf(query)) {
    let found = 0;
    for await (const together of windows.latest(kind, range)) {
      const asked = together.filter((window) => isAskedFor(window, query));
      yield* asked;
      found += asked.length;
      if (found >= limit) break;
    }
  }
}

function kindsOf({ source, aggregation, rollup }: WindowQuery): readonly WindowKind[] {
  if (rollup !== undefined) return ['rollup'];
  return source === undefined && aggregation === undefined ? ['rollup', 'source'] : ['source'];
}

function seriesOf({ source, aggregation, rollup, value }: WindowQuery): string | undefined {
  if (rollup !== undefined && value !== undefined) return rollupSeries(rollup, value);
  if (source !== undefined && aggregation !== undefined) return sourceSeries(aggregation, source);
  return undefined;
}
