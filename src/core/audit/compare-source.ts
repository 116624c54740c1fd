// Compares what a source counts with what is stored of it: its own books with its windows, the windows it closed with the stored
// ones, its dead letters with the kept ones. The state must be read first: what is stored may be ahead of it, but never behind what
// was handled.
import type { EpochMs } from '../brands.ts';
import type { ChainLink, ClosingChain } from '../closing-chain.ts';
import { eventsIn } from '../closing-chain.ts';
import { countedAs } from '../counted-as.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { RememberedIds } from '../remembered-ids.ts';
import type { VerdictCounts } from '../source-state.ts';
import type { AggregationImage, StateImage } from '../state-image.ts';
import type { StoredWindow } from '../stored-window.ts';
import type { WindowBounds } from '../window-spec.ts';
import { specText } from '../window-spec.ts';
import type { Difference } from './difference.ts';

/** The parts of a source's state that the audit uses. */
export interface SourceAccount {
  readonly source: string;
  readonly counts: VerdictCounts;
  readonly handedOn: number;
  readonly aggregations: readonly AggregationImage[];
  readonly ids: RememberedIds;
  readonly maxTime: EpochMs;
}

export function accountOf(source: string, image: StateImage): SourceAccount {
  const { counts, handedOn = 0, aggregations, ids, maxTime } = image;
  return { source, counts, handedOn, aggregations, ids, maxTime };
}

/**
 * Compares the source's books with each other, and its counts per aggregation with the windows. Every difference is real, because
 * all of it is in one item.
 */
export function compareBooks(account: SourceAccount, pipeline: Pipeline): Difference[] {
  const { source, counts, aggregations } = account;
  const { received, applied, duplicate, late, quarantined } = counts;
  const differences: Difference[] = [];
  const judged = applied + duplicate + late + quarantined;
  if (received !== judged) {
    const detail = `received ${received}, applied ${applied}, duplicate ${duplicate}, late ${late}, quarantined ${quarantined}`;
    differences.push({
      kind: 'books-and-windows',
      where: { source },
      found: judged,
      expected: received,
      detail,
    });
  }
  for (const own of aggregations) {
    const { chain, name } = own;
    if (chain === undefined || !countsAll(own, pipeline)) continue;
    const open = own.windows.reduce((sum, window) => sum + eventsIn(window), 0);
    const found = open + chain.events;
    const expected = applied + late - own.late - chain.offset;
    if (found === expected) continue;
    const detail = `${expected} events counted for it, ${open} in open windows and ${chain.events} in ${chain.windows} closed ones`;
    differences.push({
      kind: 'books-and-windows',
      where: { source, aggregation: name },
      found,
      expected,
      detail,
    });
  }
  return differences;
}

/** Whether every event that is not late for the aggregation is in exactly one of its windows. */
function countsAll(
  { name, spec, countedAs: counted }: AggregationImage,
  { aggregations }: Pipeline,
): boolean {
  const now = aggregations.find((each) => each.name === name && specText(each.window) === spec);
  return (
    now !== undefined &&
    now.filter === undefined &&
    now.window.kind !== 'hopping' &&
    counted === countedAs(now)
  );
}

/** The stored windows of a series, read after the state. */
export interface StoredChain {
  readonly aggregation: string;
  readonly chain: ClosingChain;
  /** In any order: the latest of them. */
  readonly windows: readonly StoredWindow[];
  /** Whether these are all the windows. */
  readonly isComplete: boolean;
  /** Whether a window with this end is still kept, whenever it closed. */
  readonly isKept: (endMs: EpochMs) => boolean;
}

/** A window that is not stored. It may still come: look again once all changes up to the state are handled. */
export interface MissingWindow {
  readonly chain: number;
  readonly number: number;
  readonly difference: Difference;
}

export interface ChainReport {
  readonly differences: readonly Difference[];
  readonly missing: readonly MissingWindow[];
}

/** Chain link of the latest closed window among some of a series; undefined if none has a link. */
export function latestLink(windows: readonly StoredWindow[]): ChainLink | undefined {
  return windows
    .flatMap(({ link }) => (link === undefined ? [] : [link]))
    .reduce<ChainLink | undefined>(
      (latest, link) => (latest === undefined || isLater(link, latest) ? link : latest),
      undefined,
    );
}

/**
 * Whether a window is stored that the state, read before it, has not closed. Read the state again: if it is still so, the state is
 * behind its own results.
 */
export function compareLatest(
  { source, aggregations }: Pick<SourceAccount, 'source' | 'aggregations'>,
  aggregation: string,
  latest: ChainLink | undefined,
): Difference | undefined {
  const chain = aggregations.find(({ name }) => name === aggregation)?.chain;
  if (latest === undefined || chain === undefined) return undefined;
  if (!isLater(latest, { chain: chain.id, number: chain.windows })) return undefined;
  const detail = `window ${latest.number} of chain ${latest.chain} is stored, its source knows of ${chain.windows} of chain ${chain.id}`;
  const where = { source, aggregation };
  return { kind: 'state-behind', where, found: chain.windows, expected: latest.number, detail };
}

type Place = Pick<ChainLink, 'chain' | 'number'>;

function isLater(a: Place, b: Place): boolean {
  return a.chain > b.chain || (a.chain === b.chain && a.number > b.number);
}

/** Goes back from the latest closed window as far as windows are given. */
export function compareChain(source: string, stored: StoredChain): ChainReport {
  const { chain, windows } = stored;
  const byNumber = linkedBy(chain.id, windows);
  const numbers = [...byNumber.keys()].sort((a, b) => b - a);
  const walk = new ChainWalk(source, stored, byNumber, numbers);
  walk.toEnd();
  const { differences, missing } = walk;
  return { differences, missing };
}

/** What the window closed next, or the state, says about a window. */
interface Expected {
  readonly number: number;
  readonly bounds: WindowBounds;
  /** Events in it and in the windows before it. */
  readonly total: number;
}

class ChainWalk {
  readonly differences: Difference[] = [];
  readonly missing: MissingWindow[] = [];
  readonly #source: string;
  readonly #stored: StoredChain;
  readonly #byNumber: ReadonlyMap<number, Linked>;
  readonly #numbers: readonly number[];

  constructor(
    source: string,
    stored: StoredChain,
    byNumber: ReadonlyMap<number, Linked>,
    numbers: readonly number[],
  ) {
    this.#source = source;
    this.#stored = stored;
    this.#byNumber = byNumber;
    this.#numbers = numbers;
  }

  toEnd(): void {
    const { windows: number, last, events: total } = this.#stored.chain;
    let expected = last === undefined ? undefined : { number, bounds: last, total };
    while (expected !== undefined) expected = this.#step(expected);
  }

  /** @returns what is expected of the window before; undefined: it is not known, or not checked */
  #step(expected: Expected): Expected | undefined {
    const found = this.#byNumber.get(expected.number);
    if (found === undefined) return this.#miss(expected);
    const { link } = found;
    this.#compare(expected, found);
    const { previous } = link;
    const isLowest = this.#numbers.at(-1) === link.number && !this.#stored.isComplete;
    if (previous === undefined || isLowest) return undefined;
    return { number: link.number - 1, bounds: previous, total: link.before };
  }

  #miss({ number, bounds }: Expected): Expected | undefined {
    if (!this.#stored.isKept(bounds.end)) return undefined;
    const lower = this.#numbers.find((each) => each < number);
    if (lower === undefined && !this.#stored.isComplete) return undefined;
    const next = lower === undefined ? undefined : expectationOf(this.#byNumber.get(lower));
    if (this.#stored.windows.some((window) => isUnnumbered(window, bounds))) return next;
    const count = number - (lower ?? number - 1);
    const { start: startMs, end: endMs } = bounds;
    const detail =
      count === 1
        ? `window ${number} of those its source closed is not stored`
        : `windows ${number - count + 1} to ${number} of those its source closed are not stored; the last of them begins here`;
    const where = { source: this.#source, aggregation: this.#stored.aggregation, startMs, endMs };
    const difference = { kind: 'window-missing', where, found: 0, expected: count, detail } as const;
    this.missing.push({ chain: this.#stored.chain.id, number, difference });
    return next;
  }

  #compare({ number, bounds, total }: Expected, { window, link }: Linked): void {
    const { start: startMs, end: endMs } = window;
    const expected = total - link.before;
    const isOther = bounds.start !== startMs || bounds.end !== endMs;
    if (!isOther && expected === window.events) return;
    const closed = `${bounds.start} to ${bounds.end} with ${expected} events`;
    const detail = `window ${number} was closed as ${closed}, and is stored as ${startMs} to ${endMs} with ${window.events}`;
    const where = { source: this.#source, aggregation: this.#stored.aggregation, startMs, endMs };
    this.differences.push({ kind: 'window-other', where, found: window.events, expected, detail });
  }
}

/** What its own position says about a window. */
function expectationOf(linked: Linked | undefined): Expected | undefined {
  if (linked === undefined) return undefined;
  const { window, link } = linked;
  return { number: link.number, bounds: window, total: link.before + window.events };
}

/** Stored by a release that did not number windows, for example during a deployment: all that is known is that it is there. */
export function isUnnumbered({ start, end, link }: StoredWindow, bounds: WindowBounds): boolean {
  return link === undefined && start === bounds.start && end === bounds.end;
}

interface Linked {
  readonly window: StoredWindow;
  readonly link: ChainLink;
}

function linkedBy(id: number, windows: readonly StoredWindow[]): ReadonlyMap<number, Linked> {
  const linked = new Map<number, Linked>();
  for (const window of windows) {
    const { link } = window;
    if (link !== undefined && link.chain === id) linked.set(link.number, { window, link });
  }
  return linked;
}

/** `kept`: the numbers of the dead letters from `from` on, including those that were put back and not noted yet. */
export function compareLetters(
  { source, handedOn }: SourceAccount,
  { from, kept }: { readonly from: number; readonly kept: ReadonlySet<number> },
): Difference[] {
  for (let letter = handedOn; letter >= from; letter -= 1) {
    if (kept.has(letter)) continue;
    let missing = 0;
    for (let each = from; each <= handedOn; each += 1) if (!kept.has(each)) missing += 1;
    const detail = `${missing} of its letters ${from} to ${handedOn} are not kept; this is the last of them`;
    return [
      {
        kind: 'letter-missing',
        where: { source, letter },
        found: handedOn - from + 1 - missing,
        expected: handedOn - from + 1,
        detail,
      },
    ];
  }
  return [];
}
