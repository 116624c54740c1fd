// The title of a rollup's series, and what is shown for a game's match beside its charts.
import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { distinctFigure } from './chart-columns.ts';
import { formatValues } from './format.ts';

/** Series by this tag are matches of a game: scores add up, sources are players. */
const MATCH_TAG = 'match';

export function isMatch(tags: readonly string[]): boolean {
  return tags.includes(MATCH_TAG);
}

export function seriesTitle(tags: readonly string[], values: readonly (string | null)[]): string {
  const match = values[tags.indexOf(MATCH_TAG)];
  if (!isMatch(tags) || typeof match !== 'string') return formatValues(values);
  // `match-17` is a match without being told so.
  return match.toLowerCase().startsWith(MATCH_TAG)
    ? `Match ${match.replace(/^match[-_ ]*/i, '')}`
    : `Match ${match}`;
}

/** What adds up in a match; other values are levels, such as a ping, of which a sum says nothing. */
const SCORES = new Set(['points', 'score', 'damage', 'distance', 'kills', 'deaths', 'assists']);

export function isScore(metric: string): boolean {
  return SCORES.has(metric);
}

export interface MatchFacts {
  /** In the latest window. */
  readonly players: number | undefined;
  readonly events: number;
  /** Sum of each score over all windows. */
  readonly totals: readonly { readonly name: string; readonly sum: number }[];
  /** Means of the other metrics, in the latest window. */
  readonly levels: readonly { readonly name: string; readonly mean: number | null }[];
  /** Events by type, where they are counted. */
  readonly kinds: readonly { readonly text: string; readonly count: number }[];
  /** Most frequent texts of each field, in descending order. */
  readonly top: readonly {
    readonly of: string;
    /** `lacks`: by how much the count may be too low; it is never too high. */
    readonly entries: readonly { readonly text: string; readonly count: number; readonly lacks: number }[];
  }[];
}

type TopList = NonNullable<WindowAnswer['topK']>[number];

/** Counts over all windows together. A text missing from a full list may have come as often as the last text in it. */
function addedUp(lists: readonly TopList[]): MatchFacts['top'][number]['entries'] {
  const longest = Math.max(...lists.map(({ entries }) => entries.length));
  const texts = new Set(lists.flatMap(({ entries }) => entries.map(({ text }) => text)));
  const sums = [...texts].map((text) => {
    let [count, lacks] = [0, 0];
    for (const { entries, missed } of lists) {
      const own = entries.find((entry) => entry.text === text);
      const isFull = entries.length === longest;
      count += own?.count ?? 0;
      lacks += missed + (own === undefined && isFull ? (entries.at(-1)?.count ?? 0) : 0);
    }
    return { text, count, lacks };
  });
  return sums.sort((a, b) => b.count - a.count);
}

export function matchFacts(windows: readonly WindowAnswer[]): MatchFacts {
  const latest = windows.at(-1);
  const totals = new Map<string, number>();
  for (const { metrics } of windows) {
    for (const { name, sum } of metrics) {
      if (isScore(name)) totals.set(name, (totals.get(name) ?? 0) + (sum ?? 0));
    }
  }
  const fields = Map.groupBy(
    windows.flatMap(({ topK = [] }) => topK),
    ({ of }) => of,
  );
  const top = [...fields].map(([of, lists]) => ({ of, entries: addedUp(lists) }));
  return {
    players: latest === undefined ? undefined : (distinctFigure('source')(latest) ?? undefined),
    events: windows.reduce((sum, { events }) => sum + events, 0),
    totals: [...totals].map(([name, sum]) => ({ name, sum })),
    levels: (latest?.metrics ?? []).filter(({ name }) => !isScore(name)),
    kinds: top.find(({ of }) => of === 'type')?.entries ?? [],
    top,
  };
}
