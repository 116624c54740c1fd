// Windows as a reader sees them: those stored, and those that the states of their sources hold.
import { parseRollupSeries, parseSourceSeries, rollupSeries, sourceSeries } from '../core/series.ts';
import type { SeriesWindow, StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { type HeldWindow, heldWindows, indexOfHeld } from '../stores/held-windows.ts';
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
  /** States that could not be read: only their windows are missing. */
  readonly problems: readonly string[];
}

/** A window that is both held by a state and stored has closed meanwhile: the stored one is shown. */
export async function findWindows(
  { windows, states }: { readonly windows: Windows; readonly states: SourceStates },
  query: WindowQuery,
): Promise<FoundWindows> {
  const { from = 0, to = MAX_START_MS, limit } = query;
  const found: StoredWindow[] = [];
  // The states first: what closes between the two is among the stored ones then.
  const { held, problems } = await readHeld(states, query);
  const bySeries = Map.groupBy(held, ({ series }) => series);
  for await (const window of storedWindows(windows, query)) {
    const ofSeries = bySeries.get(window.series) ?? [];
    const same = indexOfHeld(ofSeries, window);
    if (same !== -1) ofSeries.splice(same, 1);
    found.push(window);
  }
  const latestFirst = [...found, ...[...bySeries.values()].flat()]
    .filter((window) => window.start >= from && window.start <= to && isAskedFor(window, query))
    .sort((a, b) => b.start - a.start || (a.series < b.series ? -1 : 1))
    .slice(0, limit);
  return { windows: latestFirst.map(summarizeStored), problems };
}

const MAX_START_MS = 8.64e15;

function isAskedFor({ series }: StoredWindow, query: WindowQuery): boolean {
  const ofSource = parseSourceSeries(series);
  if (query.source !== undefined && ofSource?.source !== query.source) return false;
  if (query.aggregation !== undefined && ofSource?.aggregation !== query.aggregation) return false;
  return query.rollup === undefined || parseRollupSeries(series)?.rollup === query.rollup;
}

async function readHeld(
  states: SourceStates,
  { source, rollup }: WindowQuery,
): Promise<{ readonly held: readonly HeldWindow[]; readonly problems: readonly string[] }> {
  const held: HeldWindow[] = [];
  const problems: string[] = [];
  if (rollup !== undefined) return { held, problems };
  for await (const stored of source === undefined ? states.scan() : await states.load([source])) {
    try {
      held.push(...heldWindows(stored.source, stored.state));
    } catch (error) {
      problems.push(describeProblem(stored, error));
    }
  }
  return { held, problems };
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
