// What a client knows of one series: its windows as the table has them, and up to which version of each key. Pure: messages
// go in, in whatever order and however often; it says when something was missed.

import type { Change, Have, LiveWindow, Snapshot } from '../wire/live/messages.ts';
import { startOfPart } from '../wire/live/part-key.ts';
import { STATE_KEY } from '../wire/live/state-key.ts';
import { versionsDigest } from '../wire/live/versions-digest.ts';

/** What a message did to the view. */
export type ViewOutcome =
  | { readonly kind: 'changed'; readonly windows: readonly LiveWindow[] }
  /** Nothing in it was new. */
  | { readonly kind: 'known' }
  /** It will be looked at when the snapshot has come. */
  | { readonly kind: 'waiting' }
  /** Something was missed: the series must be requested again. Until then the view stays as it is. */
  | { readonly kind: 'gap' };

/** Changes kept while a snapshot is on its way; with more it is asked for again. */
const MAX_WAITING = 500;

export class SeriesView {
  readonly series: string;
  /** Windows kept; the earliest final ones are forgotten beyond it. */
  readonly #keep: number;
  readonly #windows = new Map<string, LiveWindow>();
  readonly #versions = new Map<string, number>();
  /** For a source: the version of its state up to which all closed windows are here; undefined: not known. */
  #toldTo: number | undefined = 0;
  #fromMs = 0;
  #isWaiting = true;
  #waiting: Change[] = [];
  #hasOverflowed = false;
  #parts: LiveWindow[] = [];

  constructor(series: string, { keep }: { readonly keep: number }) {
    this.series = series;
    this.#keep = keep;
  }

  /** By start, then aggregation, then end: two sessions may begin together. */
  get windows(): readonly LiveWindow[] {
    return [...this.#windows.values()].sort(
      (a, b) =>
        a.window.startMs - b.window.startMs ||
        compare(a.aggregation ?? '', b.aggregation ?? '') ||
        a.window.endMs - b.window.endMs,
    );
  }

  /** false: a snapshot is on its way, and the windows may be old. */
  get isLive(): boolean {
    return !this.#isWaiting;
  }

  /** To be told when subscribing again; undefined where there is nothing to tell. */
  have(): Have | undefined {
    if (this.#versions.size === 0) return undefined;
    const known = [...this.#versions].filter(([key]) => startOf(key) >= this.#fromMs);
    return { series: this.series, fromMs: this.#fromMs, digest: versionsDigest(known) };
  }

  /** From now on changes wait for the snapshot that has been asked for. */
  await(): void {
    this.#isWaiting = true;
    this.#waiting = [];
    this.#hasOverflowed = false;
    this.#parts = [];
  }

  takeSnapshot({ fromMs, versions, windows, last, toldTo }: Snapshot): ViewOutcome {
    if (!this.#isWaiting) return { kind: 'known' };
    this.#parts.push(...windows);
    if (!last) return { kind: 'waiting' };
    const taken = this.#parts;
    this.#parts = [];
    this.#windows.clear();
    this.#versions.clear();
    this.#fromMs = fromMs;
    this.#toldTo = toldTo;
    for (const window of taken) this.#windows.set(keyOf(window), window);
    for (const { key, version } of versions) this.#versions.set(key, version);
    return this.#goLive(taken);
  }

  /** The server's word that the view is what is there. */
  takeCurrent(): ViewOutcome {
    return this.#isWaiting ? this.#goLive([]) : { kind: 'known' };
  }

  takeChange(change: Change): ViewOutcome {
    if (!this.#isWaiting) return this.#apply(change);
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(change);
    else this.#hasOverflowed = true;
    return { kind: 'waiting' };
  }

  #goLive(taken: readonly LiveWindow[]): ViewOutcome {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#hasOverflowed) return { kind: 'gap' };
    this.#isWaiting = false;
    const changed = new Map(taken.map((window) => [keyOf(window), window]));
    for (const change of waiting) {
      const outcome = this.#apply(change);
      if (outcome.kind === 'gap') return outcome;
      if (outcome.kind === 'changed')
        for (const window of outcome.windows) changed.set(keyOf(window), window);
    }
    return { kind: 'changed', windows: [...changed.values()] };
  }

  #apply({ versions, windows, removed = [], stale = false }: Change): ViewOutcome {
    const news = versions.filter(
      ({ key, to }) => startOf(key) >= this.#fromMs && to > (this.#versions.get(key) ?? 0),
    );
    const isMissed = ({ key, from }: Change['versions'][number]) => from > (this.#versions.get(key) ?? 0) + 1;
    if (news.length > 0 && (stale || news.some(isMissed))) return { kind: 'gap' };
    if (versions.some((version) => this.#isClosingMissed(version))) return { kind: 'gap' };
    for (const { key, to } of versions) if (key === STATE_KEY) this.#toldTo = Math.max(this.#toldTo ?? 0, to);
    const taken = windows.filter((one) => {
      if (isClosed(one)) return true;
      const known = this.#windows.get(keyOf(one));
      if (known !== undefined && isClosed(known)) return false;
      return news.length > 0 && one.window.startMs >= this.#fromMs;
    });
    const changed = taken.filter(
      (one) => JSON.stringify(one) !== JSON.stringify(this.#windows.get(keyOf(one))),
    );
    for (const { key, to } of news) this.#versions.set(key, to);
    for (const window of taken) this.#windows.set(keyOf(window), window);
    const gone = news.length === 0 ? [] : removed;
    for (const { aggregation, startMs, endMs } of gone) {
      const key = keyText(aggregation, startMs, endMs);
      // One that has closed stays.
      if (this.#windows.get(key)?.window.final === false) this.#windows.delete(key);
    }
    this.#forget();
    return changed.length === 0 && gone.length === 0
      ? { kind: 'known' }
      : { kind: 'changed', windows: changed };
  }

  /**
   * A snapshot may be newer than what is told when it is read: what closed in between is told after it, with versions that are no
   * news. Where the first of these changes is not known, the series is requested again: what was told by then is in the answer.
   */
  #isClosingMissed({ key, from, to }: Change['versions'][number]): boolean {
    if (key !== STATE_KEY) return false;
    return this.#toldTo === undefined || (to > this.#toldTo && from > this.#toldTo + 1);
  }

  /** A rollup's windows have a version each; a source has one for all of its windows. */
  #forget(): void {
    if (this.#windows.size <= this.#keep) return;
    const finals = this.windows.filter(({ window }) => window.final);
    for (const window of finals.slice(0, this.#windows.size - this.#keep)) {
      this.#windows.delete(keyOf(window));
      if (window.aggregation === undefined) this.#fromMs = Math.max(this.#fromMs, window.window.startMs + 1);
    }
    for (const key of this.#versions.keys()) if (startOf(key) < this.#fromMs) this.#versions.delete(key);
  }
}

/**
 * A source's, which is final whatever it came with: it may come late, see how it is passed on; and early, in a snapshot whose
 * state was read before it closed. Changes up to its closing that come then show it as it was.
 */
function isClosed({ aggregation, window }: LiveWindow): boolean {
  return aggregation !== undefined && window.final;
}

function keyOf({ aggregation = '', window }: LiveWindow): string {
  return keyText(aggregation, window.startMs, window.endMs);
}

function keyText(aggregation: string, startMs: number, endMs: number): string {
  return `${startMs} ${endMs} ${aggregation}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A source's one key is of all its windows. */
function startOf(key: string): number {
  return startOfPart(key) ?? Number.POSITIVE_INFINITY;
}
