// Windows to the columns of a chart: final figures and provisional ones apart, so that what may still change shows.
import type { MetricAnswer, WindowAnswer } from '../../wire/api/window-answer.ts';

/** What is drawn of a window; null: it has no such figure. */
export type Figure = (window: WindowAnswer) => number | null;
type Column = readonly (number | null)[];

export interface LineColumns {
  /** The figures of closed windows. */
  readonly final: Column;
  /** The figures of open windows; begins with the last closed one, so that the two join. */
  readonly provisional: Column;
}

export interface ChartColumns {
  /** Seconds since the epoch: the windows' starts. */
  readonly x: readonly number[];
  readonly lines: readonly LineColumns[];
}

/** One line for each list of windows, over the starts of all of them. */
export function chartColumns(
  lists: readonly { readonly windows: readonly WindowAnswer[]; readonly figure: Figure }[],
): ChartColumns {
  const starts = startsOf(lists.map(({ windows }) => windows));
  return {
    x: starts.map((startMs) => startMs / 1_000),
    lines: lists.map(({ windows, figure }) => {
      const byStart = new Map(windows.map((window) => [window.startMs, window]));
      const final: (number | null)[] = [];
      const provisional: (number | null)[] = [];
      for (const [at, startMs] of starts.entries()) {
        const window = byStart.get(startMs);
        const value = window === undefined ? null : figure(window);
        final.push(window?.final === true ? value : null);
        provisional.push(window?.final === false ? value : null);
        if (at > 0 && window?.final === false && provisional[at - 1] === null) {
          provisional[at - 1] = final[at - 1] ?? null;
        }
      }
      return { final, provisional };
    }),
  };
}

/** In order, each once, with a start in between where a window is missing: so that no line bridges it. */
function startsOf(lists: readonly (readonly WindowAnswer[])[]): readonly number[] {
  const known = [...new Set(lists.flatMap((windows) => windows.map(({ startMs }) => startMs)))].sort(
    (a, b) => a - b,
  );
  const stepMs = known.reduce((least, startMs, at) => {
    const before = known[at - 1];
    return before === undefined ? least : Math.min(least, startMs - before);
  }, Number.POSITIVE_INFINITY);
  return known.flatMap((startMs, at) => {
    const before = known[at - 1];
    return before !== undefined && startMs - before > 1.5 * stepMs ? [before + stepMs, startMs] : [startMs];
  });
}

export type MetricFigure = 'sum' | 'min' | 'max' | 'mean' | 'last' | 'stddev' | 'increase' | 'rate' | 'count';

export function metricFigure(name: string, figure: MetricFigure): Figure {
  return (window) => metricOf(window, name)?.[figure] ?? null;
}

export function quantileFigure(name: string, p: number): Figure {
  return (window) => metricOf(window, name)?.quantiles?.find((quantile) => quantile.p === p)?.value ?? null;
}

export const eventsFigure: Figure = ({ events }) => events;

/** Events a second, whatever the windows' length. */
export const rateFigure: Figure = ({ events, startMs, endMs }) => (events * 1_000) / (endMs - startMs);

export function distinctFigure(of: string): Figure {
  return ({ distinct = [] }) => {
    const found = distinct.find((one) => one.of === of);
    return found === undefined ? null : Math.round(found.count);
  };
}

export function metricOf({ metrics }: WindowAnswer, name: string): MetricAnswer | undefined {
  return metrics.find((metric) => metric.name === name);
}

/** Names of the metrics there are, those of most windows first, else in their order. */
export function metricNames(windows: readonly WindowAnswer[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of windows) {
    for (const { name } of metrics) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([, m], [, n]) => n - m).map(([name]) => name);
}

/**
 * Merges both by start and end, keeping the newer revision of each; quantiles, which only stored windows have, stay for now. A stored
 * window that was open when it was read is left out where live shows the same start with another end: the session has grown.
 */
export function mergeWindows(
  stored: readonly WindowAnswer[],
  live: readonly WindowAnswer[],
): readonly WindowAnswer[] {
  const told = new Set(live.map(({ startMs }) => startMs));
  const ends = new Set(live.map(keyOf));
  const kept = stored.filter(
    (window) => window.final || !told.has(window.startMs) || ends.has(keyOf(window)),
  );
  const merged = new Map(kept.map((window) => [keyOf(window), window]));
  for (const window of live) {
    const known = merged.get(keyOf(window));
    if (known === undefined || window.revision > known.revision || (window.final && !known.final)) {
      merged.set(keyOf(window), known === undefined ? window : withQuantiles(window, known));
    }
  }
  return [...merged.values()].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

function keyOf({ startMs, endMs }: WindowAnswer): string {
  return `${startMs}+${endMs}`;
}

/** The quantiles of a moment ago are better than none: the next asking brings new ones. */
function withQuantiles(window: WindowAnswer, from: WindowAnswer): WindowAnswer {
  return {
    ...window,
    metrics: window.metrics.map((metric) => {
      const quantiles = metricOf(from, metric.name)?.quantiles;
      return quantiles === undefined ? metric : { ...metric, quantiles };
    }),
  };
}

/** What a chart shows, in a sentence: for whoever does not see it. */
export function summarize(
  what: string,
  windows: readonly WindowAnswer[],
  figure: Figure,
  format: (value: number) => string,
): string {
  const values = windows.map(figure).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return `${what}: nothing yet.`;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const provisional = windows.at(-1)?.final === false ? ', provisional' : '';
  return `${what}: ${format(last)} in the latest window${provisional}; from ${format(least)} to ${format(most)} in ${values.length} windows.`;
}
