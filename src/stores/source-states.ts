// Where the states of the sources are kept: one item a source.
import { crc32 } from 'node:zlib';
import type { PageWrites } from '../core/remembered-ids.ts';
import { bucketOf } from '../core/spread.ts';
import type { EncodedState } from '../core/state-encoding.ts';
import { CLOSING_BUCKETS, SOURCES_TABLE } from '../platform/names.ts';
import { commitFitting } from './commit-fitting.ts';
import { dueItems } from './due-items.ts';
import type { LetterKey } from './letter-key.ts';
import type { Attribute, Item, Table, VersionedOutcome, VersionedWrite } from './table.ts';
import { bytes, bytesOf, number, numberOf, text, textOf } from './table.ts';

export interface StoredState {
  readonly source: string;
  readonly version: number;
  /** See `encodeState`. */
  readonly state: EncodedState;
  /** `checkOf` the state, as it stands beside it; undefined: a release before wrote it, which knew of none. */
  readonly check?: number;
  /** When somebody retired it; an arrival after that has brought it back. */
  readonly retiredAtMs?: number;
  /** What comes for it is set aside: nothing is folded into its state, nor closed. */
  readonly held?: Hold;
  /** What a write put back of dead letters, to be noted beside them. */
  readonly redriven?: readonly RedrivenLetter[];
}

/** A dead letter whose event was put back, and the verdict it got. */
export interface RedrivenLetter {
  readonly letter: LetterKey;
  readonly became: string;
  /** The reason it was a letter for. */
  readonly was: string;
  /** The source's own books had counted it. */
  readonly bySource?: true;
  /** Its place among the letters of its source, which it keeps. */
  readonly place?: { readonly source: string; readonly number: number };
}

/** Why a source is held: its state cannot be read, or would be larger than an item may be. */
export const HOLD_REASONS = ['state-unreadable', 'state-too-large'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export interface Hold {
  readonly reason: HoldReason;
  readonly sinceMs: number;
}

export interface StateWrite {
  readonly source: string;
  /** The version loaded; undefined for a source not there. */
  readonly expectedVersion: number | undefined;
  /** What stood beside the state that was there with this version; undefined: nothing did. */
  readonly expectedCheck?: number | undefined;
  readonly state: Uint8Array;
  /** When the closer is to look at the source; undefined when nothing is open. */
  readonly closesAtMs: number | undefined;
  /** Pages of remembered ids that come and go with this write. */
  readonly pages?: PageWrites;
  /** Where dead letters are put back: those of this write. What stood there before has been noted beside them. */
  readonly redriven?: readonly RedrivenLetter[];
}

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'refused'; readonly stored: StoredState | undefined }
  | { readonly kind: 'failed'; readonly reason: string; readonly tooLarge?: true };

/** A source as loaded; without a version: it is not there. */
export type Held = Pick<StoredState, 'source' | 'held'> & { readonly version: number | undefined };

const NO_OUTCOME = { kind: 'failed', reason: 'the store gave no outcome' } as const;

export class SourceStates {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The stored states; sources without one are left out. Consistent. */
  async load(sources: readonly string[]): Promise<readonly StoredState[]> {
    return (await this.#table.getMany(sources.map(keyOf))).map(fromItem);
  }

  /** The contents of pages of remembered ids, in order; undefined for one that is not there. Consistent. */
  async loadPages(
    pages: readonly { readonly source: string; readonly page: number }[],
  ): Promise<readonly (Uint8Array | undefined)[]> {
    const keys = pages.map(({ source, page }) => pageKey(source, page));
    const found = await this.#table.getMany(keys);
    const byKey = new Map(
      found.map((item) => [textOf(item, SOURCES_TABLE.partitionKey), bytesOf(item, SOURCES_TABLE.page)]),
    );
    return keys.map((key) => byKey.get(textOf(key, SOURCES_TABLE.partitionKey)));
  }

  /** One outcome a write, in order. At most one write a source. */
  async commit(writes: readonly StateWrite[]): Promise<readonly CommitOutcome[]> {
    const outcomes = await commitFitting(
      this.#table,
      writes.map(({ source, expectedVersion, expectedCheck, state, closesAtMs, pages, redriven }) => ({
        key: keyOf(source),
        expectedVersion,
        version: nextVersion(expectedVersion),
        ...(expectedCheck === undefined
          ? {}
          : { expected: { name: SOURCES_TABLE.check, value: number(expectedCheck) } }),
        attributes: {
          [SOURCES_TABLE.state]: bytes(state),
          [SOURCES_TABLE.check]: number(checkOf(state)),
          [SOURCES_TABLE.follows]: expectedCheck === undefined ? undefined : number(expectedCheck),
          [SOURCES_TABLE.closesAt]: closesAtMs === undefined ? undefined : number(closesAtMs),
          ...(redriven === undefined ? {} : { [SOURCES_TABLE.redriven]: redrivenText(redriven) }),
          ...(expectedVersion === undefined
            ? { [SOURCES_TABLE.closingBucket]: number(bucketOf(source, CLOSING_BUCKETS)) }
            : {}),
        },
        beside: besideOf(source, pages),
      })),
    );
    return outcomes.map((outcome, at) => toCommitOutcome(outcome, writes[at]?.expectedVersion));
  }

  /**
   * Has whatever comes for sources set aside from now on; one outcome each, in order. The state stays as it is. The version rises with
   * each such write, so that nobody goes on from a state that is at hand, and nobody lifts the hold without having looked at what was
   * set aside until now.
   */
  async hold(
    sources: readonly { readonly stored: Held; readonly hold: Hold }[],
  ): Promise<readonly CommitOutcome[]> {
    return await this.#mark(
      sources.map(({ stored, hold }) => {
        const { reason, sinceMs } = stored.held ?? hold;
        return { stored, heldFor: text(reason), heldAt: number(sinceMs) };
      }),
    );
  }

  /** Forgets what a write put back of dead letters, once that has been noted beside them. */
  async forgetRedriven({ source, version }: Held): Promise<CommitOutcome> {
    const write = {
      key: keyOf(source),
      expectedVersion: version,
      version: nextVersion(version),
      attributes: { [SOURCES_TABLE.redriven]: undefined },
    };
    const [outcome = NO_OUTCOME] = await this.#table.commit([write]);
    return toCommitOutcome(outcome, version);
  }

  /** Ends it, if nothing was set aside since the version given. */
  async lift(stored: Held): Promise<CommitOutcome> {
    const [outcome] = await this.#mark([{ stored, heldFor: undefined, heldAt: undefined }]);
    return outcome ?? NO_OUTCOME;
  }

  async #mark(
    marks: readonly {
      readonly stored: Held;
      readonly heldFor: Attribute | undefined;
      readonly heldAt: Attribute | undefined;
    }[],
  ): Promise<readonly CommitOutcome[]> {
    const outcomes = await this.#table.commit(
      marks.map(({ stored: { source, version }, heldFor, heldAt }) => ({
        key: keyOf(source),
        expectedVersion: version,
        version: nextVersion(version),
        attributes: {
          // A source that is held from its first event on has no write that would put it there.
          [SOURCES_TABLE.closingBucket]: number(bucketOf(source, CLOSING_BUCKETS)),
          [SOURCES_TABLE.heldFor]: heldFor,
          [SOURCES_TABLE.heldAt]: heldAt,
        },
      })),
    );
    return marks.map(({ stored }, at) => toCommitOutcome(outcomes[at] ?? NO_OUTCOME, stored.version));
  }

  /**
   * Marks a source as retired, and has the closer look at it. Its state and version stay: to the changelog nothing has
   * happened to its windows.
   */
  async markRetired(
    { source, version }: Pick<StoredState, 'source' | 'version'>,
    atMs: number,
  ): Promise<CommitOutcome> {
    const [outcome = NO_OUTCOME] = await this.#table.commit([
      {
        key: keyOf(source),
        expectedVersion: version,
        version,
        attributes: { [SOURCES_TABLE.retiredAt]: number(atMs), [SOURCES_TABLE.closesAt]: number(0) },
      },
    ]);
    return outcome.kind === 'committed' ? { kind: 'committed', version } : toCommitOutcome(outcome, version);
  }

  /**
   * Puts a fence behind all changes of a source up to now: who handles them notes that it has passed it. State and version stay. False
   * where the source has changed since it was loaded.
   */
  async fence({ source, version }: Pick<StoredState, 'source' | 'version'>, mark: string): Promise<boolean> {
    const [outcome = NO_OUTCOME] = await this.#table.commit([
      {
        key: keyOf(source),
        expectedVersion: version,
        version,
        attributes: { [SOURCES_TABLE.fence]: text(mark) },
      },
    ]);
    if (outcome.kind === 'failed') throw new Error(`no fence behind ${source}: ${outcome.reason}`);
    return outcome.kind === 'committed';
  }

  /** Takes a source off the closer's list if it is as it was loaded. */
  async forget({ source, version }: Pick<StoredState, 'source' | 'version'>): Promise<void> {
    await this.#table.commit([
      {
        key: keyOf(source),
        expectedVersion: version,
        version,
        attributes: { [SOURCES_TABLE.closesAt]: undefined },
      },
    ]);
  }

  /** Sources that have something to close if they have been silent, the longest due first. */
  dueForClosing(nowMs: number): AsyncIterable<string> {
    const { closingIndex: index, closingBucket: bucket, closesAt: time, partitionKey: key } = SOURCES_TABLE;
    return dueItems(this.#table, { index, bucket, buckets: CLOSING_BUCKETS, time, key }, nowMs);
  }

  /** A piece of a walk over all sources, in no order of meaning: see `Table.scanPage`. */
  async page({
    limit,
    after,
    consistent,
  }: {
    readonly limit: number;
    /** The source a page before ended with. */
    readonly after?: string | undefined;
    readonly consistent?: boolean;
  }): Promise<{ readonly states: readonly StoredState[]; readonly next: string | undefined }> {
    const { items, next } = await this.#table.scanPage({
      limit,
      after: after === undefined ? undefined : keyOf(after),
      ...(consistent === undefined ? {} : { consistent }),
    });
    return {
      states: items.filter(isSource).map(fromItem),
      next: next === undefined ? undefined : textOf(next, SOURCES_TABLE.partitionKey),
    };
  }

  async *scan(): AsyncIterable<StoredState> {
    for await (const item of this.#table.scan()) if (isSource(item)) yield fromItem(item);
  }
}

/** Which state it is: written beside it. */
export function checkOf(state: Uint8Array): number {
  return crc32(state);
}

/** Pages of ids stand in the table too, and the item that the local runtime begins a table's stream with. */
function isSource(item: Item): boolean {
  return textOf(item, SOURCES_TABLE.partitionKey)?.includes(PAGE_MARK) !== true;
}

function pageKey(source: string, page: number): Item {
  return { [SOURCES_TABLE.partitionKey]: text(`${source}${PAGE_MARK}${page}`) };
}

/** No source has a control character in its name. */
const PAGE_MARK = '\u0001';

function besideOf(source: string, pages: PageWrites | undefined): VersionedWrite['beside'] {
  if (pages === undefined || pages.put.length + pages.remove.length === 0) return undefined;
  return {
    put: pages.put.map((each) => ({
      ...pageKey(source, each.page),
      [SOURCES_TABLE.page]: bytes(each.bytes),
    })),
    remove: pages.remove.map((page) => pageKey(source, page)),
  };
}

function keyOf(source: string): Item {
  return { [SOURCES_TABLE.partitionKey]: text(source) };
}

function nextVersion(version: number | undefined): number {
  return (version ?? 0) + 1;
}

/**
 * An item that lacks what a state has is a source whose state cannot be read: that is the trouble of this source alone, and shows
 * where the state is decoded.
 */
function fromItem(item: Item): StoredState {
  const source = textOf(item, SOURCES_TABLE.partitionKey);
  if (source === undefined)
    throw new Error(`sources table: found an item with ${Object.keys(item).join(', ')}, expected a source`);
  const state = bytesOf(item, SOURCES_TABLE.state) ?? textOf(item, SOURCES_TABLE.state) ?? NO_STATE;
  const retiredAtMs = numberOf(item, SOURCES_TABLE.retiredAt);
  const check = numberOf(item, SOURCES_TABLE.check);
  const held = holdOf(item);
  const redriven = textOf(item, SOURCES_TABLE.redriven);
  return {
    source,
    version: numberOf(item, SOURCES_TABLE.version) ?? 0,
    state,
    ...(check === undefined ? {} : { check }),
    ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    ...(held === undefined ? {} : { held }),
    // its own JSON, written by `commit`
    ...(redriven === undefined ? {} : { redriven: JSON.parse(redriven) as RedrivenLetter[] }),
  };
}

function redrivenText(redriven: readonly RedrivenLetter[]): Attribute | undefined {
  return redriven.length === 0 ? undefined : text(JSON.stringify(redriven));
}

/** For an item without a state: like bytes that were cut short, it cannot be decoded. */
const NO_STATE = new Uint8Array(0);

function holdOf(item: Item): Hold | undefined {
  const heldFor = textOf(item, SOURCES_TABLE.heldFor);
  if (heldFor === undefined) return undefined;
  const reason = HOLD_REASONS.find((each) => each === heldFor) ?? 'state-unreadable';
  return { reason, sinceMs: numberOf(item, SOURCES_TABLE.heldAt) ?? 0 };
}

function toCommitOutcome(outcome: VersionedOutcome, expectedVersion: number | undefined): CommitOutcome {
  if (outcome.kind === 'committed') return { kind: 'committed', version: nextVersion(expectedVersion) };
  if (outcome.kind === 'failed') return outcome;
  return { kind: 'refused', stored: outcome.stored === undefined ? undefined : fromItem(outcome.stored) };
}
