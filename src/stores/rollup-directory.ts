// Which series each rollup has: what readers choose from, and what the windows table, keyed by series, cannot tell.
import { parseRollupSeries } from '../core/series.ts';
import { READERS_TABLE } from '../platform/names.ts';
import { keyText } from './key-text.ts';
import type { Item, Table } from './table.ts';
import { text, textOf } from './table.ts';

export class RollupDirectory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Notes that there are these series of rollups. Noting one twice is noting it once. */
  async note(series: readonly string[]): Promise<void> {
    const items = new Map(series.map((one) => [one, toItem(one)]));
    await this.#table.putMany([...items.values()]);
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
  const rollup = parseRollupSeries(series)?.rollup;
  if (rollup === undefined) {
    throw new Error(`rollup directory: found ${JSON.stringify(series)}, expected the series of a rollup`);
  }
  const name = keyText(series);
  return {
    [READERS_TABLE.partitionKey]: text(partitionOf(rollup)),
    [READERS_TABLE.sortKey]: text(name),
    ...(name === series ? {} : { series: text(series) }),
  };
}

function partitionOf(rollup: string): string {
  return `series|${rollup}`;
}
