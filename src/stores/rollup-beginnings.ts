// Since when each rollup is made, as one item beside the windows: read once a batch, written where the pipeline has changed.

import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { begin, type KnownRollup } from '../core/rollup-beginnings.ts';
import { WINDOWS_TABLE } from '../platform/names.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table } from './table.ts';
import { numberOf, text, textOf } from './table.ts';

export class RollupBeginnings {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Those that are noted; undefined where nothing has ever been. */
  async load(): Promise<readonly KnownRollup[] | undefined> {
    const [item] = await this.#table.getMany([KEY]);
    return item === undefined ? undefined : toNoted(item);
  }

  /** The rollups of the pipeline with when they began; those that are new begin now. Repeating it is safe. */
  async settle(pipeline: Pipeline, nowMs: number): Promise<readonly KnownRollup[]> {
    let [item] = await this.#table.getMany([KEY]);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const noted = item === undefined ? undefined : toNoted(item);
      const now = begin(noted, pipeline, nowMs);
      if (now === noted) return now;
      const version = item === undefined ? undefined : numberOf(item, 'version');
      const attributes = { rollups: text(JSON.stringify(now)) };
      const [outcome] = await this.#table.commit([
        { key: KEY, expectedVersion: version, version: (version ?? 0) + 1, attributes },
      ]);
      if (outcome?.kind === 'committed') return now;
      if (outcome?.kind !== 'refused') break;
      item = outcome.stored;
    }
    throw new StoreError('rollups-not-noted', 'when the rollups began could not be noted', {
      retryable: true,
    });
  }
}

/** Containers of two pipelines side by side may take turns. */
const MAX_TRIES = 5;

/** Among the items that say how windows are spread: whoever looks for windows passes over those. */
const KEY: Item = {
  [WINDOWS_TABLE.partitionKey]: text(`${WINDOWS_TABLE.spreadPrefix}rollups`),
  [WINDOWS_TABLE.sortKey]: text('since'),
};

function toNoted(item: Item): readonly KnownRollup[] {
  const list: readonly KnownRollup[] = JSON.parse(textOf(item, 'rollups') ?? '[]');
  return list.map((each) => ({ ...each, sinceMs: each.sinceMs }));
}
