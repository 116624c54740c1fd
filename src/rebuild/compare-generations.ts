// Two generations of the tables, item by item: what differs, and why. Both are read as they are; neither is written.

import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { type DefinitionDifferences, definitionDifferences } from '../core/rebuild/definition-differences.ts';
import { isSameWindow } from '../core/rebuild/same-window.ts';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import type { VerdictCounts } from '../core/source-state.ts';
import { type StateView, viewState } from '../core/state-view.ts';
import { type SeriesWindow, type StoredWindow, summarizeStored } from '../core/stored-window.ts';
import type { SourceStates, StoredState } from '../stores/source-states.ts';
import type { WindowKind, Windows } from '../stores/windows.ts';

export const DIFFERENCE_REASONS = [
  /** The two definitions count it otherwise, or one has not got it. */
  'other-definition',
  /** What the source sent lies before or behind the range that was rebuilt. */
  'not-in-archive',
  /** It is open still in one, with the same contents. */
  'open',
  /** Closed in one when silence was noticed at another moment. */
  'silence',
  /** Events of the source were late in the one, and are not in the other. */
  'late',
  /** Events of the source were duplicates in the one, and are not in the other. */
  'duplicate',
  /** Events of the source were quarantined in the one, and are not in the other. */
  'quarantined',
  /** Its retention is over: the one has let go of it. */
  'expired',
  /** A rollup's window, of source windows that differ. */
  'from-sources',
  /** None of these: the code that folded it is another, or something is wrong. */
  'unexplained',
] as const;
export type DifferenceReason = (typeof DIFFERENCE_REASONS)[number];

export type Difference =
  | {
      readonly kind: 'window';
      readonly of: WindowKind;
      readonly window: Pick<SeriesWindow, 'series' | 'start' | 'end'>;
      readonly live: SeriesWindow | undefined;
      readonly rebuilt: SeriesWindow | undefined;
      readonly why: DifferenceReason;
    }
  | {
      readonly kind: 'books';
      readonly source: string;
      readonly live: VerdictCounts | undefined;
      readonly rebuilt: VerdictCounts | undefined;
      readonly why: DifferenceReason;
    };

export interface ComparedSide {
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly pipeline: Pipeline;
}

export interface CompareOptions {
  readonly live: ComparedSide;
  readonly rebuilt: ComparedSide;
  /** The arrival times that were rebuilt. */
  readonly range: { readonly fromMs: number | undefined; readonly toMs: number | undefined };
  readonly nowMs: number;
}

/** The same items of both, once all differences have been gone through. */
export interface Compared {
  readonly sources: number;
  readonly windows: number;
}

/** Every difference, sources first; the value at the end says how much was the same. */
/** How many differences there are, by reason, and what is the same. `onEach` is called with each, and how many there are so far. */
export async function tallyDifferences(
  differences: AsyncGenerator<Difference, Compared, undefined>,
  onEach: (difference: Difference, count: number) => void = () => {},
): Promise<{
  readonly found: number;
  readonly reasons: Readonly<Partial<Record<DifferenceReason, number>>>;
  readonly same: Compared;
}> {
  const reasons: Partial<Record<DifferenceReason, number>> = {};
  let found = 0;
  let next = await differences.next();
  for (; next.done !== true; next = await differences.next()) {
    found += 1;
    reasons[next.value.why] = (reasons[next.value.why] ?? 0) + 1;
    onEach(next.value, found);
  }
  return { found, reasons, same: next.value };
}

export async function* compareGenerations(
  options: CompareOptions,
): AsyncGenerator<Difference, Compared, undefined> {
  const comparison = new Comparison(options);
  yield* comparison.books();
  yield* comparison.windows('source');
  yield* comparison.windows('rollup');
  return comparison.same;
}

type Side = 'live' | 'rebuilt';

class Comparison {
  readonly same = { sources: 0, windows: 0 };
  readonly #options: CompareOptions;
  readonly #definitions: DefinitionDifferences;
  /** Starts of differing source windows, by aggregation: what rollups of them differ by. Bounded: beyond, all may. */
  readonly #differing = new Map<string, Set<number>>();
  #explaining = new Map<string, Readonly<Record<Side, StateView | undefined>>>();

  constructor(options: CompareOptions) {
    this.#options = options;
    this.#definitions = definitionDifferences(options.live.pipeline, options.rebuilt.pipeline);
  }

  async *books(): AsyncGenerator<Difference, void, undefined> {
    const { live, rebuilt } = this.#options;
    for await (const page of pagesOf(live.states)) {
      const others = byName(await rebuilt.states.load(page.map(({ source }) => source)));
      for (const stored of page) yield* this.#bookOf(stored, others.get(stored.source));
    }
    for await (const page of pagesOf(rebuilt.states)) {
      const known = byName(await live.states.load(page.map(({ source }) => source)));
      for (const stored of page) if (!known.has(stored.source)) yield* this.#bookOf(undefined, stored);
    }
  }

  *#bookOf(
    live: StoredState | undefined,
    rebuilt: StoredState | undefined,
  ): Generator<Difference, void, undefined> {
    const views = { live: viewOf(live), rebuilt: viewOf(rebuilt) };
    const [a, b] = [views.live?.counts, views.rebuilt?.counts];
    if (a !== undefined && b !== undefined && countsText(a) === countsText(b)) {
      this.same.sources += 1;
      return;
    }
    const source = live?.source ?? rebuilt?.source ?? '';
    yield { kind: 'books', source, live: a, rebuilt: b, why: this.#whyBooks(views) };
  }

  #whyBooks(views: Readonly<Record<Side, StateView | undefined>>): DifferenceReason {
    const { live, rebuilt } = views;
    if (this.#definitions.everything || this.#definitions.aggregations.size > 0) return 'other-definition';
    if (live === undefined || rebuilt === undefined || live.counts.received !== rebuilt.counts.received) {
      return this.#isOutside(live) || live === undefined ? 'not-in-archive' : 'unexplained';
    }
    return verdictReason(live.counts, rebuilt.counts) ?? 'unexplained';
  }

  /** The live state has folded what arrived outside of the range. */
  #isOutside(live: StateView | undefined): boolean {
    const { fromMs, toMs } = this.#options.range;
    if (live === undefined) return false;
    return fromMs !== undefined || (toMs !== undefined && live.lastArrivalMs >= toMs);
  }

  async *windows(of: WindowKind): AsyncGenerator<Difference, void, undefined> {
    const { live, rebuilt } = this.#options;
    for await (const { a, b } of inStep(live.windows.latest(of), rebuilt.windows.latest(of))) {
      const others = new Map(b.map((window) => [keyOf(window), window]));
      for (const window of a) {
        const other = others.get(keyOf(window));
        others.delete(keyOf(window));
        yield* this.#pair(of, window, other);
      }
      for (const window of others.values()) yield* this.#pair(of, undefined, window);
      this.#explaining = new Map();
    }
  }

  async *#pair(
    of: WindowKind,
    a: StoredWindow | undefined,
    b: StoredWindow | undefined,
  ): AsyncGenerator<Difference, void, undefined> {
    const [live, rebuilt] = [a, b].map((window) =>
      window === undefined ? undefined : summarizeStored(window),
    );
    const window = live ?? rebuilt;
    if (window === undefined) return;
    if (live !== undefined && rebuilt !== undefined && isSameWindow(live, rebuilt)) {
      this.same.windows += 1;
      return;
    }
    const { series, start, end } = window;
    const why = await (of === 'source'
      ? this.#whySource(window, live, rebuilt)
      : this.#whyRollup(window, live));
    if (why !== 'open') this.#note(window);
    yield { kind: 'window', of, window: { series, start, end }, live, rebuilt, why };
  }

  async #whySource(
    window: SeriesWindow,
    live: SeriesWindow | undefined,
    rebuilt: SeriesWindow | undefined,
  ): Promise<DifferenceReason> {
    const { source = '', aggregation = '' } = parseSourceSeries(window.series) ?? {};
    if (this.#definitions.everything || this.#definitions.aggregations.has(aggregation))
      return 'other-definition';
    const views = await this.#viewsOf(source);
    if (live === undefined && isOpenIn(views.live, window)) return 'open';
    if (rebuilt === undefined && isOpenIn(views.rebuilt, window)) return 'open';
    if (live === undefined && this.#hasExpired(aggregation, window.end)) return 'expired';
    if (views.live === undefined || views.rebuilt === undefined) return 'not-in-archive';
    const { live: a, rebuilt: b } = views;
    if (a.counts.received !== b.counts.received)
      return this.#isOutside(a) || this.#touchesBorder(window) ? 'not-in-archive' : 'unexplained';
    const byVerdict = verdictReason(a.counts, b.counts);
    if (byVerdict !== undefined) return byVerdict;
    const [lateA = 0, lateB = 0] = [
      a.lateByAggregation.get(aggregation),
      b.lateByAggregation.get(aggregation),
    ];
    if (lateA !== lateB) return 'late';
    // The same events applied in both, and yet cut otherwise: sessions and steps of counters are, by when one was closed.
    return a.maxTime === b.maxTime ? 'unexplained' : 'silence';
  }

  #whyRollup({ series, start, end }: SeriesWindow, live: SeriesWindow | undefined): DifferenceReason {
    const { rollup = '' } = parseRollupSeries(series) ?? {};
    const { everything, rollups } = this.#definitions;
    if (everything || rollups.has(rollup)) return 'other-definition';
    const of = this.#options.live.pipeline.rollups.find(({ name }) => name === rollup)?.of ?? '';
    if (live === undefined && this.#hasExpired(of, end)) return 'expired';
    const { fromMs, toMs } = this.#options.range;
    if (this.#differing.get(of)?.has(start) === true) return 'from-sources';
    if ((fromMs !== undefined && start < fromMs) || (toMs !== undefined && end > toMs))
      return 'not-in-archive';
    return 'unexplained';
  }

  #hasExpired(aggregation: string, end: number): boolean {
    const { pipeline } = this.#options.live;
    const own = pipeline.aggregations.find(({ name }) => name === aggregation)?.retentionMs;
    const retentionMs = own ?? pipeline.retentionMs;
    return retentionMs !== undefined && end + retentionMs <= this.#options.nowMs;
  }

  #touchesBorder({ start, end }: SeriesWindow): boolean {
    const { fromMs, toMs } = this.#options.range;
    return (fromMs !== undefined && start <= fromMs) || (toMs !== undefined && end >= toMs);
  }

  #note({ series, start }: SeriesWindow): void {
    const aggregation = parseSourceSeries(series)?.aggregation;
    if (aggregation === undefined) return;
    const starts = this.#differing.get(aggregation) ?? new Set();
    this.#differing.set(aggregation, starts.add(start));
  }

  async #viewsOf(source: string): Promise<Readonly<Record<Side, StateView | undefined>>> {
    const known = this.#explaining.get(source);
    if (known !== undefined) return known;
    const [[live], [rebuilt]] = await Promise.all([
      this.#options.live.states.load([source]),
      this.#options.rebuilt.states.load([source]),
    ]);
    const views = { live: viewOf(live), rebuilt: viewOf(rebuilt) };
    this.#explaining.set(source, views);
    return views;
  }
}

/** With the same number received, what one verdict lacks another has. */
function verdictReason(a: VerdictCounts, b: VerdictCounts): DifferenceReason | undefined {
  if (a.late !== b.late) return 'late';
  if (a.duplicate !== b.duplicate) return 'duplicate';
  return a.quarantined === b.quarantined ? undefined : 'quarantined';
}

function isOpenIn(view: StateView | undefined, window: SeriesWindow): boolean {
  return (
    view?.open.some(
      (open) => open.series === window.series && isSameWindow(summarizeStored(open), window),
    ) === true
  );
}

function viewOf(stored: StoredState | undefined): StateView | undefined {
  return stored === undefined ? undefined : viewState(stored.source, stored.state);
}

function countsText({ received, applied, duplicate, late, quarantined }: VerdictCounts): string {
  return JSON.stringify([received, applied, duplicate, late, quarantined]);
}

const SOURCES_AT_ONCE = 100;

async function* pagesOf(states: SourceStates): AsyncGenerator<readonly StoredState[], void, undefined> {
  let after: string | undefined;
  do {
    const page = await states.page({ limit: SOURCES_AT_ONCE, after });
    if (page.states.length > 0) yield page.states;
    after = page.next;
  } while (after !== undefined);
}

function byName(states: readonly StoredState[]): ReadonlyMap<string, StoredState> {
  return new Map(states.map((state) => [state.source, state]));
}

function keyOf({ series, start, end, partial }: StoredWindow): string {
  return `${start} ${end} ${partial?.untilMs ?? ''} ${series}`;
}

/** Groups that start together, of both, the latest first; where one has none of a start it is empty. */
async function* inStep(
  a: AsyncIterable<readonly StoredWindow[]>,
  b: AsyncIterable<readonly StoredWindow[]>,
): AsyncGenerator<
  { readonly a: readonly StoredWindow[]; readonly b: readonly StoredWindow[] },
  void,
  undefined
> {
  const [left, right] = [a[Symbol.asyncIterator](), b[Symbol.asyncIterator]()];
  let [heads, others] = await Promise.all([left.next(), right.next()]);
  while (heads.done !== true || others.done !== true) {
    const [startA, startB] = [startOf(heads), startOf(others)];
    yield {
      a: heads.done !== true && startA >= startB ? heads.value : [],
      b: others.done !== true && startB >= startA ? others.value : [],
    };
    const [takeA, takeB] = [
      startA >= startB && heads.done !== true,
      startB >= startA && others.done !== true,
    ];
    if (takeA) heads = await left.next();
    if (takeB) others = await right.next();
  }
}

function startOf(head: IteratorResult<readonly StoredWindow[], unknown>): number {
  return head.done === true ? Number.NEGATIVE_INFINITY : (head.value[0]?.start ?? Number.NEGATIVE_INFINITY);
}
