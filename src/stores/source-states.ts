// Where the states of the sources are kept: one item a source.
import type { PageWrites } from '../core/remembered-ids.ts';
import { bucketOf } from '../core/spread.ts';
import type { EncodedState } from '../core/state-encoding.ts';
import { CLOSING_BUCKETS, SOURCES_TABLE } from '../platform/names.ts';
import { dueItems } from './due-items.ts';
import type { Item, Table, VersionedOutcome, VersionedWrite } from './table.ts';
import { bytes, bytesOf, number, numberOf, text, textOf } from './table.ts';

export interface StoredState {
  readonly source: string;
  readonly version: number;
  /** See `encodeState`. */
  readonly state: EncodedState;
  /** When somebody retired it; an arrival after that has brought it back. */
  readonly retiredAtMs?: number;
}

export interface StateWrite {
  readonly source: string;
  /** The version loaded; undefined for a source not there. */
  readonly expectedVersion: number | undefined;
  readonly state: Uint8Array;
  /** When the closer is to look at the source; undefined when nothing is open. */
  readonly closesAtMs: number | undefined;
  /** Pages of remembered ids that come and go with this write. */
  readonly pages?: PageWrites;
}

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'refused'; readonly stored: StoredState | undefined }
  | { readonly kind: 'failed'; readonly reason: string; readonly tooLarge?: true };

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
    const outcomes = await this.#table.commit(
      writes.map(({ source, expectedVersion, state, closesAtMs, pages }) => ({
        key: keyOf(source),
        expectedVersion,
        version: nextVersion(expectedVersion),
        attributes: {
          [SOURCES_TABLE.state]: bytes(state),
          [SOURCES_TABLE.closesAt]: closesAtMs === undefined ? undefined : number(closesAtMs),
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
   * Marks a source as retired, and has the closer look at it. Its state and version stay: to the changelog nothing has
   * happened to its windows.
   */
  async markRetired(
    { source, version }: Pick<StoredState, 'source' | 'version'>,
    atMs: number,
  ): Promise<CommitOutcome> {
    const [outcome = { kind: 'failed', reason: 'the store gave no outcome' }] = await this.#table.commit([
      {
        key: keyOf(source),
        expectedVersion: version,
        version,
        attributes: { [SOURCES_TABLE.retiredAt]: number(atMs), [SOURCES_TABLE.closesAt]: number(0) },
      },
    ]);
    return outcome.kind === 'committed' ? { kind: 'committed', version } : toCommitOutcome(outcome, version);
  }

  /** Has the closer look at a source no more, if it is as it was loaded. */
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

function fromItem(item: Item): StoredState {
  const source = textOf(item, SOURCES_TABLE.partitionKey);
  const version = numberOf(item, SOURCES_TABLE.version);
  const state = bytesOf(item, SOURCES_TABLE.state) ?? textOf(item, SOURCES_TABLE.state);
  if (source === undefined || version === undefined || state === undefined) {
    throw new Error(
      `sources table: found an item with ${Object.keys(item).join(', ')}, expected source, version and state`,
    );
  }
  const retiredAtMs = numberOf(item, SOURCES_TABLE.retiredAt);
  return { source, version, state, ...(retiredAtMs === undefined ? {} : { retiredAtMs }) };
}

function toCommitOutcome(outcome: VersionedOutcome, expectedVersion: number | undefined): CommitOutcome {
  if (outcome.kind === 'committed') return { kind: 'committed', version: nextVersion(expectedVersion) };
  if (outcome.kind === 'failed') return outcome;
  return { kind: 'refused', stored: outcome.stored === undefined ? undefined : fromItem(outcome.stored) };
}
