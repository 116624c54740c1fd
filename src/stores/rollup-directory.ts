// Which series each rollup has: what readers choose from, and what the windows table, keyed by series, cannot tell.
import { parseRollupSeries } from '../core/series.ts';
import { MAX_SERIES, READERS_TABLE } from '../platform/names.ts';
import { keyText } from './key-text.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table, VersionedWrite } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

/** Begun by one writer before it counts them with the others': few sources begin so many. */
const COUNTED_AT_ONCE = 500;
/** After which it counts those that it has begun, however few: a writer that begins some a day lives no day. */
const COUNTED_AFTER_MS = 10 * 60_000;
/** Writers are the shards of the changelog. */
const MAX_ATTEMPTS = 3;

export class RollupDirectory {
  readonly #table: Table;
  readonly #nowMs: () => number;
  /** By rollup, when this one last counted. */
  readonly #counts = new Map<string, number>();
  /** By rollup, begun by this one since. */
  readonly #uncounted = new Map<string, number>();
  #countedMs: number | undefined;

  /** `nowMs` is asked by who notes. Default: it counts however long that takes. */
  constructor(table: Table, nowMs: () => number = () => 0) {
    this.#table = table;
    this.#nowMs = nowMs;
  }

  /** How many series each rollup has, of those that this writer has counted; those begun since are not among them. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Notes that there are these series of rollups. Noting one twice is noting it once. A rollup has about `MAX_SERIES` of them at most:
   * who notes learns of the others' only when it counts its own.
   * @returns those that there was no room for
   */
  async note(series: readonly string[]): Promise<readonly string[]> {
    const items = [...new Set(series)].map((one) => ({ one, item: toItem(one), of: rollupOf(one) }));
    const fitting = items.filter(({ of }) => (this.#counts.get(of) ?? 0) < MAX_SERIES);
    const outcomes =
      fitting.length === 0 ? [] : await this.#table.commit(fitting.map(({ item }) => insertOf(item)));
    const failed = outcomes.find((outcome) => outcome.kind === 'failed');
    if (failed?.kind === 'failed') {
      const message = `series of rollups were not noted: ${failed.reason}`;
      throw new StoreError('table-unavailable', message, { retryable: true });
    }
    const begun = fitting.filter((_, at) => outcomes[at]?.kind === 'committed');
    for (const { of } of begun) this.#uncounted.set(of, (this.#uncounted.get(of) ?? 0) + 1);
    const nowMs = this.#nowMs();
    this.#countedMs ??= nowMs;
    const isTime = nowMs - this.#countedMs >= COUNTED_AFTER_MS;
    if (isTime) this.#countedMs = nowMs;
    for (const [rollup, count] of this.#uncounted)
      if (isTime || count >= COUNTED_AT_ONCE) await this.#count(rollup, count);
    return items.filter((each) => !fitting.includes(each)).map(({ one }) => one);
  }

  /** The count is a bound, and no book: where one dies before it, some are not counted. Where others are quicker each time, the next one counts. */
  async #count(rollup: string, begun: number): Promise<void> {
    const key = {
      [READERS_TABLE.partitionKey]: text(`series-count|${rollup}`),
      [READERS_TABLE.sortKey]: text('all'),
    };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const [item] = await this.#table.getMany([key]);
      const count = (item === undefined ? 0 : (numberOf(item, 'count') ?? 0)) + begun;
      const version = item === undefined ? undefined : numberOf(item, 'version');
      const attributes = { count: number(count) };
      const write = { key, expectedVersion: version, version: (version ?? 0) + 1, attributes };
      const [outcome] = await this.#table.commit([write]);
      if (outcome?.kind === 'refused') continue;
      if (outcome?.kind === 'committed') {
        this.#counts.set(rollup, count);
        this.#uncounted.delete(rollup);
      }
      return;
    }
  }

  /** The series of a rollup in a fixed order, from the one after `after` on. */
  async *list(
    rollup: string,
    { after = '', readAhead }: { readonly after?: string; readonly readAhead?: number } = {},
  ): AsyncIterable<NotedSeries> {
    const items = this.#table.query({
      partition: { name: READERS_TABLE.partitionKey, value: text(partitionOf(rollup)) },
      // Keys end below any text that begins with this, so that `after` itself is left out.
      sort: { name: READERS_TABLE.sortKey, from: text(`${after}\u0000`), to: text('\u{10ffff}') },
      ...(readAhead === undefined ? {} : { readAhead }),
    });
    for await (const item of items) {
      const key = textOf(item, READERS_TABLE.sortKey);
      const series = textOf(item, 'series') ?? key;
      if (key !== undefined && series !== undefined) yield { key, series };
    }
  }
}

export interface NotedSeries {
  /** Its place in the list. */
  readonly key: string;
  readonly series: string;
}

function toItem(series: string): Item {
  const rollup = rollupOf(series);
  const name = keyText(series);
  return {
    [READERS_TABLE.partitionKey]: text(partitionOf(rollup)),
    [READERS_TABLE.sortKey]: text(name),
    ...(name === series ? {} : { series: text(series) }),
  };
}

function insertOf(item: Item): VersionedWrite {
  const { what, name, ...attributes } = item;
  if (what === undefined || name === undefined) throw new Error('a series is noted under two keys');
  return { key: { what, name }, expectedVersion: undefined, version: 1, attributes };
}

function rollupOf(series: string): string {
  const rollup = parseRollupSeries(series)?.rollup;
  if (rollup !== undefined) return rollup;
  throw new Error(`rollup directory: found ${JSON.stringify(series)}, expected the series of a rollup`);
}

function partitionOf(rollup: string): string {
  return `series|${rollup}`;
}
