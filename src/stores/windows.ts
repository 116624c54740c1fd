// Where windows are kept for readers: closed source windows, and rollup windows in parts of one writer each.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { mergeParts } from '../core/rollup.ts';
import { parseSourceSeries, sourceSeries } from '../core/series.ts';
import { bucketOf } from '../core/spread.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { decodeStoredWindow, encodeStoredWindow, holdsNothing, markKey } from '../core/stored-window.ts';
import { LATEST_BUCKETS, TTL_ATTRIBUTE, WINDOWS_TABLE } from '../platform/names.ts';
import { commitFitting } from './commit-fitting.ts';
import { mergeSorted } from './merge-sorted.ts';
import { StoreError } from './store-error.ts';
import type { Attribute, Item, Table, VersionedOutcome, VersionedWrite } from './table.ts';
import { bytes, bytesOf, number, numberOf, text, textOf } from './table.ts';

/** What tells a rollup's windows apart. */
export interface WindowKey {
  readonly series: string;
  readonly start: number;
  readonly end: number;
}

/** How the sources of a rollup window are spread over items. */
export interface Spread {
  /** That it began with. */
  readonly parts: number;
  /** The window had expired when this was decided: what it held before is gone. */
  readonly incomplete: boolean;
}

/** A part of a rollup window as loaded, or as it is to be written. */
export interface PartKey extends WindowKey {
  readonly part: number;
}

export interface StoredPart {
  readonly version: number;
  readonly window: StoredWindow;
}

export interface UnreadablePart {
  readonly key: PartKey;
  readonly reason: string;
}

export interface PartWrite {
  readonly expectedVersion: number | undefined;
  readonly window: StoredWindow;
  readonly expiresAtMs: number | undefined;
}

export interface ClosedWrite {
  readonly window: StoredWindow;
  readonly expiresAtMs: number | undefined;
}

/** Another window is stored in the place of one that was to be. */
export interface OtherClosed {
  /** Which of those that were to be stored. */
  readonly at: number;
  readonly stored: StoredPart;
}

/** By start, both ends included. */
export interface WindowRange {
  readonly fromMs?: number;
  readonly toMs?: number;
  /** The latest first. */
  readonly descending?: boolean;
  /** About how many items will be taken: no more are read at a time. */
  readonly readAhead?: number;
}

export type PartOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  /** Somebody else wrote: load it again. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly reason: string; readonly tooLarge?: true };

/** Whose windows: closed ones of sources, or those of rollups. */
export type WindowKind = 'source' | 'rollup';

export class Windows {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Stores closed source windows, each once: storing one again changes at most which rollups have it. Start and end tell them apart: of an
   * aggregation whose window was changed two may begin together, and of sessions too. Where another window is stored, of a source that was
   * put back since, it stays, and is told.
   */
  async putClosed(writes: readonly ClosedWrite[]): Promise<readonly OtherClosed[]> {
    const others: OtherClosed[] = [];
    let pending = writes.map((write, at) => ({ ...write, at }));
    while (pending.length > 0) {
      // A source that was put back closes the same window twice within a batch.
      const keys = new Set<string>();
      const [round, later] = partition(pending, ({ window }) => isNewIn(keys, placeOf(keyOf(window))));
      const outcomes = await commitFitting(
        this.#table,
        round.map((write) => toWrite(write, undefined)),
      );
      const refused = round.flatMap((write, index) => {
        const stored = storedOf(outcomes[index]);
        return stored === undefined ? [] : [{ ...write, stored }];
      });
      others.push(...refused.filter(({ window, stored }) => !isSameButTold(window, stored.window)));
      const toldOtherwise = refused.filter(
        ({ window, stored }) =>
          isSameButTold(window, stored.window) && !isDeepStrictEqual(window.told, stored.window.told),
      );
      await this.replaceClosed(
        toldOtherwise.map(({ window, expiresAtMs, stored: { version, window: then } }) => ({
          window: then.since === undefined ? window : { ...window, since: then.since },
          expiresAtMs,
          expectedVersion: version,
        })),
      );
      pending = later;
    }
    return others;
  }

  /** Puts closed windows in the place of others. @returns those that were not, since somebody else has written them */
  async replaceClosed(
    writes: readonly (ClosedWrite & { readonly expectedVersion: number })[],
  ): Promise<readonly { readonly at: number; readonly reason: string }[]> {
    if (writes.length === 0) return [];
    const outcomes = await commitFitting(
      this.#table,
      writes.map((write) => toWrite(write, write.expectedVersion)),
    );
    return outcomes.flatMap((outcome, at) => {
      if (outcome.kind === 'failed') throw new Error(outcome.reason);
      return outcome.kind === 'refused' ? [{ at, reason: 'somebody else has written the window' }] : [];
    });
  }

  /** The stored parts, consistent; parts not there are left out. */
  async loadParts(
    keys: readonly PartKey[],
  ): Promise<{ readonly parts: readonly StoredPart[]; readonly unreadable: readonly UnreadablePart[] }> {
    const items = await this.#table.getMany(keys.map(keyOf));
    const parts: StoredPart[] = [];
    const reasons = new Map<string, string>();
    for (const item of items) {
      try {
        parts.push(toPart(item));
      } catch (error) {
        reasons.set(placeOf(item), String(error));
      }
    }
    const unreadable = keys.flatMap((key) => {
      const reason = reasons.get(placeOf(keyOf(key)));
      return reason === undefined ? [] : [{ key, reason }];
    });
    return { parts, unreadable };
  }

  /** One outcome a write, in order; each under the condition that the part's version is the one loaded. */
  async commitParts(writes: readonly PartWrite[]): Promise<readonly PartOutcome[]> {
    const outcomes = await commitFitting(
      this.#table,
      writes.map(({ window, expectedVersion, expiresAtMs }) => ({
        key: keyOf(window),
        expectedVersion,
        version: (expectedVersion ?? 0) + 1,
        attributes: contents(window, expiresAtMs),
      })),
    );
    return outcomes.map((outcome, at): PartOutcome => {
      if (outcome.kind === 'failed') return outcome;
      if (outcome.kind === 'committed')
        return { kind: 'committed', version: (writes[at]?.expectedVersion ?? 0) + 1 };
      return { kind: 'refused' };
    });
  }

  /** Over how many parts rollup windows are spread, in the order asked for; undefined where the window has not been written yet. */
  async spreads(windows: readonly WindowKey[]): Promise<readonly (Spread | undefined)[]> {
    const items = await this.#table.getMany(windows.map(spreadKeyOf));
    const found = new Map(items.map((item) => [spreadName(item), toSpread(item)]));
    return windows.map((window) => found.get(spreadName(spreadKeyOf(window))));
  }

  /**
   * Decides over how many parts windows are spread: once, whoever comes first, so that every writer looks for a source in the
   * same part, whatever its pipeline says. One outcome a window, in order: what holds, or why it is not known.
   */
  async decideSpreads(
    decisions: readonly {
      readonly window: WindowKey;
      readonly spread: Spread;
      readonly expiresAtMs: number | undefined;
    }[],
  ): Promise<readonly (Spread | { readonly failed: string })[]> {
    const outcomes = await this.#table.commit(
      decisions.map(({ window, spread, expiresAtMs }) => ({
        key: spreadKeyOf(window),
        expectedVersion: undefined,
        version: 1,
        attributes: {
          parts: number(spread.parts),
          incomplete: spread.incomplete ? number(1) : undefined,
          [TTL_ATTRIBUTE]: ttlOf(expiresAtMs),
        },
      })),
    );
    return decisions.map(({ spread }, at) => {
      const outcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
      if (outcome.kind === 'failed') return { failed: outcome.reason };
      if (outcome.kind === 'committed') return spread;
      return outcome.stored === undefined
        ? { failed: 'refused, and nothing is stored' }
        : toSpread(outcome.stored);
    });
  }

  /** The windows of a series that start in `[fromMs, toMs]` and hold anything, by start; parts merged. */
  async *list(series: string, range: WindowRange = {}): AsyncIterable<StoredWindow> {
    for await (const parts of this.listParts(series, range)) yield* merged(parts.map(({ window }) => window));
  }

  /** As `list`, each window as its parts, with the version of each; also those that hold nothing. */
  async *listParts(
    series: string,
    { fromMs = 0, toMs = MAX_START_MS, descending = false, readAhead }: WindowRange = {},
  ): AsyncIterable<readonly StoredPart[]> {
    const items = this.#table.query({
      partition: { name: WINDOWS_TABLE.partitionKey, value: text(seriesKey(series)) },
      sort: { name: WINDOWS_TABLE.sortKey, from: text(timeKey(fromMs)), to: text(`${timeKey(toMs)}~`) },
      descending,
      ...(readAhead === undefined ? {} : { readAhead }),
    });
    let parts: StoredPart[] = [];
    for await (const item of items) {
      const part = toPart(item);
      const [first] = parts;
      if (
        first !== undefined &&
        (first.window.start !== part.window.start || first.window.end !== part.window.end)
      ) {
        yield parts;
        parts = [];
      }
      parts.push(part);
    }
    if (parts.length > 0) yield parts;
  }

  /**
   * The windows of all series, those that start together at a time, the latest first; parts merged. By an index, so that it takes as
   * long as there is read, however much is stored; the index may be a moment behind.
   */
  async *latest(
    of: WindowKind,
    { fromMs = 0, toMs = MAX_START_MS, readAhead = 100 }: Omit<WindowRange, 'descending'> = {},
  ): AsyncIterable<readonly StoredWindow[]> {
    const buckets = Array.from({ length: LATEST_BUCKETS }, (_, bucket) =>
      this.#table.query({
        index: WINDOWS_TABLE.latestIndex,
        partition: { name: WINDOWS_TABLE.latestOf, value: text(`${of}|${bucket}`) },
        sort: { name: WINDOWS_TABLE.sortKey, from: text(timeKey(fromMs)), to: text(`${timeKey(toMs)}~`) },
        descending: true,
        readAhead: Math.ceil(readAhead / LATEST_BUCKETS) + 1,
      }),
    );
    const windowOf = (item: Item) => textOf(item, WINDOWS_TABLE.sortKey) ?? '';
    let together: Item[] = [];
    for await (const item of mergeSorted(buckets, (a, b) => windowOf(a) > windowOf(b))) {
      const [first] = together;
      if (first !== undefined && startOf(windowOf(first)) !== startOf(windowOf(item))) {
        yield await this.#whole(together);
        together = [];
      }
      together.push(item);
    }
    if (together.length > 0) yield await this.#whole(together);
  }

  /** As they are now, by series. */
  async #whole(items: readonly Item[]): Promise<readonly StoredWindow[]> {
    const keys = items.map(({ series, window }) => present({ series, window }));
    const parts = (await this.#table.getMany(keys)).map((item) => toPart(item).window);
    const bySeries = Map.groupBy(parts, ({ series, end }) => `${end} ${series}`);
    return [...bySeries.values()]
      .flatMap((each) => [...merged(each)])
      .sort((a, b) => (a.series < b.series ? -1 : 1));
  }

  /**
   * Notes that all changes of sources up to fences are handled. Repeating it is safe, also late: a source's note never goes back to an
   * earlier fence. @throws StoreError where it could not be written
   */
  async notePassed(
    fences: readonly { readonly source: string; readonly mark: string }[],
    nowMs: number,
  ): Promise<void> {
    // In the order of the changes: the last one of each source.
    const latest = new Map(fences.map(({ source, mark }) => [source, mark]));
    let waiting = [...latest].map(([source, mark]): PassedFence => ({ source, mark, over: undefined }));
    for (let refusals = 0; waiting.length > 0; refusals += 1) {
      if (refusals > MAX_FENCE_REFUSALS) throw notNoted(waiting, `refused ${refusals} times`);
      const outcomes = await this.#table.commit(waiting.map((passed) => fenceWrite(passed, nowMs)));
      waiting = waiting.flatMap((passed, at) => fencesLeft(passed, outcomes[at]));
    }
  }

  /** The fences passed last, in the order of the sources; undefined where none has been of late. Consistent. */
  async passed(sources: readonly string[]): Promise<readonly (string | undefined)[]> {
    const items = await this.#table.getMany([...new Set(sources)].map(fenceKeyOf));
    const marks = new Map(
      items.map((item) => [textOf(item, WINDOWS_TABLE.partitionKey), textOf(item, 'mark')]),
    );
    return sources.map((source) => marks.get(`${WINDOWS_TABLE.fencePrefix}${source}`));
  }

  /**
   * The moments at which windows begin, the latest first. By an index, which may be a moment behind; few reads each, however many windows
   * begin together.
   */
  async *starts(
    of: WindowKind,
    { toMs = MAX_START_MS }: Pick<WindowRange, 'toMs'> = {},
  ): AsyncIterable<number> {
    for (let latest = toMs; latest >= 0; ) {
      const found = await Promise.all(
        Array.from({ length: LATEST_BUCKETS }, (_, bucket) => this.#lastStart(of, bucket, latest)),
      );
      const start = Math.max(...found);
      if (start < 0) return;
      yield start;
      latest = start - 1;
    }
  }

  /** -1 where there is none. */
  async #lastStart(of: WindowKind, bucket: number, toMs: number): Promise<number> {
    const items = this.#table.query({
      ...this.#startingIn(of, bucket, { fromMs: 0, toMs }),
      descending: true,
      readAhead: 1,
    });
    for await (const item of items) return Number(startOf(textOf(item, WINDOWS_TABLE.sortKey) ?? ''));
    return -1;
  }

  /**
   * All windows that begin at a moment, rollup windows in their parts: which there are by the index, what they hold consistent. No more
   * than `limit` are looked at.
   */
  async startingAt(of: WindowKind, startMs: number, limit: number): Promise<readonly StoredWindow[]> {
    const windows: StoredWindow[] = [];
    for (let bucket = 0; bucket < LATEST_BUCKETS && windows.length < limit; bucket += 1) {
      const keys: Item[] = [];
      const range = { fromMs: startMs, toMs: startMs };
      for await (const { series, window } of this.#table.query(this.#startingIn(of, bucket, range))) {
        keys.push(present({ series, window }));
        if (windows.length + keys.length >= limit) break;
      }
      for (const item of await this.#table.getMany(keys)) windows.push(toPart(item).window);
    }
    return windows;
  }

  #startingIn(of: WindowKind, bucket: number, { fromMs, toMs }: { fromMs: number; toMs: number }) {
    return {
      index: WINDOWS_TABLE.latestIndex,
      partition: { name: WINDOWS_TABLE.latestOf, value: text(`${of}|${bucket}`) },
      sort: { name: WINDOWS_TABLE.sortKey, from: text(timeKey(fromMs)), to: text(`${timeKey(toMs)}~`) },
    };
  }

  /**
   * The closed windows of an aggregation with these bounds, of the sources with these marks (see `markKey`). Short names are looked up;
   * of longer ones, which marks have a hash of, by the index, which may be a moment behind, and no more than `limit` are looked at.
   */
  async closedOf(
    {
      aggregation,
      start,
      end,
    }: { readonly aggregation: string; readonly start: number; readonly end: number },
    marks: ReadonlySet<string>,
    limit = 50_000,
  ): Promise<readonly { readonly source: string; readonly window: StoredWindow }[]> {
    const named = [...marks].filter((mark) => markKey(mark) === mark);
    const sources = new Set(named);
    if (named.length < marks.size) {
      let looked = 0;
      for (let bucket = 0; bucket < LATEST_BUCKETS && looked < limit; bucket += 1) {
        const range = { fromMs: start, toMs: start };
        for await (const { series } of this.#table.query(this.#startingIn('source', bucket, range))) {
          looked += 1;
          if (looked > limit) break;
          const found = parseSourceSeries(series !== undefined && 'S' in series ? series.S : '');
          if (found?.aggregation === aggregation && marks.has(markKey(found.source)))
            sources.add(found.source);
        }
      }
    }
    return await this.closedBy({ aggregation, start, end }, [...sources]);
  }

  /** The closed windows of an aggregation with these bounds, of sources by their names. Consistent. */
  async closedBy(
    {
      aggregation,
      start,
      end,
    }: { readonly aggregation: string; readonly start: number; readonly end: number },
    sources: readonly string[],
  ): Promise<readonly { readonly source: string; readonly window: StoredWindow }[]> {
    const bySeries = new Map(sources.map((source) => [sourceSeries(aggregation, source), source]));
    const keys = [...bySeries.keys()].map((series) => keyOf({ series, start, end, part: undefined }));
    return (await this.#table.getMany(keys)).flatMap((item) => {
      const { window } = toPart(item);
      const source = bySeries.get(window.series);
      return source === undefined ? [] : [{ source, window }];
    });
  }

  /** Whether windows are stored, in order, whatever they hold. Consistent. */
  async areStored(
    windows: readonly Pick<StoredWindow, 'series' | 'start' | 'end' | 'part' | 'partial'>[],
  ): Promise<readonly boolean[]> {
    const keys = windows.map(keyOf);
    const found = new Set((await this.#table.getMany(uniqueKeys(keys))).map(placeOf));
    return keys.map((key) => found.has(placeOf(key)));
  }

  /** Every stored window, in no order, rollup windows in their parts. */
  async *scan(): AsyncIterable<StoredWindow> {
    for await (const item of this.#table.scan()) if (!isSpread(item)) yield toPart(item).window;
  }
}

/** The last moment a Date has. */
export const MAX_START_MS = 8.64e15;
const TIME_DIGITS = 16;
/** A key attribute holds 2,048 bytes; longer series stand under their hash. */
const MAX_SERIES_KEY_BYTES = 1_024;

type Named = Pick<StoredWindow, 'series' | 'start' | 'end' | 'part' | 'partial'>;

/** One closed before its time stands beside one of another kind with the same bounds: readers merge them. */
function keyOf({ series, start, end, part, partial }: Named): Item {
  const isCut = part === undefined && partial?.untilMs !== undefined;
  const window = `${timeKey(start)}+${timeKey(end)}${isCut ? `!${timeKey(partial.untilMs)}` : ''}`;
  return {
    [WINDOWS_TABLE.partitionKey]: text(seriesKey(series)),
    [WINDOWS_TABLE.sortKey]: text(part === undefined ? window : `${window}#${String(part).padStart(3, '0')}`),
  };
}

function seriesKey(series: string): string {
  if (Buffer.byteLength(series) <= MAX_SERIES_KEY_BYTES) return series;
  return `${WINDOWS_TABLE.longSeriesPrefix}${createHash('sha256').update(series).digest('hex')}`;
}

/** The start in a window's sort key, as text. */
function startOf(window: string): string {
  return window.slice(0, TIME_DIGITS);
}

/** The place of an item, or of a key, as text. */
function placeOf(item: Item): string {
  return JSON.stringify([textOf(item, WINDOWS_TABLE.partitionKey), textOf(item, WINDOWS_TABLE.sortKey)]);
}

function uniqueKeys(keys: readonly Item[]): readonly Item[] {
  return [...new Map(keys.map((key) => [placeOf(key), key])).values()];
}

function timeKey(ms: number): string {
  return String(ms).padStart(TIME_DIGITS, '0');
}

function toWrite({ window, expiresAtMs }: ClosedWrite, expectedVersion: number | undefined): VersionedWrite {
  return {
    key: keyOf(window),
    expectedVersion,
    version: (expectedVersion ?? 0) + 1,
    attributes: contents(window, expiresAtMs),
  };
}

/** undefined: it was written. */
function storedOf(outcome: VersionedOutcome | undefined): StoredPart | undefined {
  if (outcome?.kind === 'committed') return undefined;
  if (outcome?.kind === 'refused' && outcome.stored !== undefined) return readable(outcome.stored);
  throw new Error(outcome?.kind === 'failed' ? outcome.reason : 'the store gave no outcome');
}

/** undefined: nobody here can read it, as where a newer release has stored it before a rollback. It stays; the audit names it. */
function readable(item: Item): StoredPart | undefined {
  try {
    return toPart(item);
  } catch {
    return undefined;
  }
}

/** Those of a release that did not keep their events apart by tags hold the same where their contents are. */
function isSameButTold(window: StoredWindow, stored: StoredWindow): boolean {
  const isApart = window.apart !== undefined && stored.apart !== undefined;
  const [a, b] = [window, stored].map(({ apart, since, told, ...rest }) =>
    encodeStoredWindow(isApart ? { ...rest, apart } : rest),
  );
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}

function isNewIn(keys: Set<string>, key: string): boolean {
  const isNew = !keys.has(key);
  keys.add(key);
  return isNew;
}

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): readonly [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const each of all) (isFirst(each) ? first : second).push(each);
  return [first, second];
}

function contents(
  window: StoredWindow,
  expiresAtMs: number | undefined,
): Record<string, Attribute | undefined> {
  return {
    name: Buffer.byteLength(window.series) <= MAX_SERIES_KEY_BYTES ? undefined : text(window.series),
    state: bytes(encodeStoredWindow(window)),
    [WINDOWS_TABLE.latestOf]: text(
      `${window.part === undefined ? 'source' : 'rollup'}|${bucketOf(window.series, LATEST_BUCKETS)}`,
    ),
    [TTL_ATTRIBUTE]: ttlOf(expiresAtMs),
  };
}

function ttlOf(expiresAtMs: number | undefined): Attribute | undefined {
  return expiresAtMs === undefined ? undefined : number(Math.ceil(expiresAtMs / 1_000));
}

function spreadKeyOf({ series, start, end }: WindowKey): Item {
  return {
    [WINDOWS_TABLE.partitionKey]: text(`${WINDOWS_TABLE.spreadPrefix}${seriesKey(series)}`),
    [WINDOWS_TABLE.sortKey]: text(`${timeKey(start)}+${timeKey(end)}`),
  };
}

function spreadName(key: Item): string {
  return `${textOf(key, WINDOWS_TABLE.sortKey)} ${textOf(key, WINDOWS_TABLE.partitionKey)}`;
}

/** Who put one up asks within hours. */
const FENCES_KEPT_MS = 7 * 86_400_000;

/** Only batches of changes that are handled again write beside each other. */
const MAX_FENCE_REFUSALS = 5;

interface PassedFence {
  readonly source: string;
  readonly mark: string;
  /** The version of the note that it takes the place of; undefined: there is none. */
  readonly over: number | undefined;
}

function fenceWrite({ source, mark, over }: PassedFence, nowMs: number): VersionedWrite {
  return {
    key: fenceKeyOf(source),
    expectedVersion: over,
    version: (over ?? 0) + 1,
    attributes: {
      mark: text(mark),
      [TTL_ATTRIBUTE]: number(Math.ceil((nowMs + FENCES_KEPT_MS) / 1_000)),
    },
  };
}

/** What is still to be noted: nothing where a later fence is noted already, later ones being greater. */
function fencesLeft(passed: PassedFence, outcome: VersionedOutcome | undefined): readonly PassedFence[] {
  if (outcome?.kind === 'committed') return [];
  if (outcome?.kind !== 'refused') throw notNoted([passed], outcome?.reason ?? 'the store gave no outcome');
  const { stored } = outcome;
  if (stored !== undefined && (textOf(stored, 'mark') ?? '') >= passed.mark) return [];
  return [{ ...passed, over: stored === undefined ? undefined : numberOf(stored, 'version') }];
}

function notNoted(fences: readonly PassedFence[], reason: string): StoreError {
  const [first] = fences;
  const message = `${fences.length} fences, the first of source ${JSON.stringify(first?.source)}, could not be noted: ${reason}`;
  return new StoreError('table-unavailable', message, { retryable: true });
}

function fenceKeyOf(source: string): Item {
  return {
    [WINDOWS_TABLE.partitionKey]: text(`${WINDOWS_TABLE.fencePrefix}${source}`),
    [WINDOWS_TABLE.sortKey]: text('passed'),
  };
}

/** Whether an item of the table says how a window is spread, and holds none itself. */
export function isSpread(item: Item): boolean {
  return textOf(item, WINDOWS_TABLE.partitionKey)?.startsWith(WINDOWS_TABLE.spreadPrefix) === true;
}

function toSpread(item: Item): Spread {
  const parts = numberOf(item, 'parts');
  if (parts === undefined) {
    throw new Error(`windows table: found a spread with ${Object.keys(item).join(', ')}, expected parts`);
  }
  return { parts, incomplete: numberOf(item, 'incomplete') === 1 };
}

function present(attributes: Readonly<Record<string, Attribute | undefined>>): Item {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.filter((entry): entry is [string, Attribute] => entry[1] !== undefined));
}

/** What an item of the table holds. */
export function toPart(item: Item): StoredPart {
  const series = textOf(item, 'name') ?? textOf(item, WINDOWS_TABLE.partitionKey);
  const version = numberOf(item, 'version');
  const state = bytesOf(item, 'state') ?? textOf(item, 'state');
  if (series === undefined || version === undefined || state === undefined) {
    throw new Error(
      `windows table: found an item with ${Object.keys(item).join(', ')}, expected series, version and state`,
    );
  }
  return { version, window: decodeStoredWindow(series, state) };
}

function* merged(parts: readonly StoredWindow[]): Iterable<StoredWindow> {
  const window = mergeParts(parts);
  if (window !== undefined && !holdsNothing(window)) yield window;
}
