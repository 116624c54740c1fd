// Tags of devices, each with its history, in the table that has no change stream: nothing follows from a change but what is read of it.
// A revision of all of them tells readers that something has changed.
import type { DeviceHistory, TagsFrom } from '../core/device-history.ts';
import { withTagsFrom } from '../core/device-history.ts';
import { READERS_TABLE } from '../platform/names.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table, VersionedWrite } from './table.ts';
import { numberOf, text, textOf } from './table.ts';

export interface DeviceRow {
  readonly source: string;
  readonly tags: TagsFrom['tags'];
}

/** A stream keeps records for a year at most: what ended before that no record can have. */
const KEPT_MS = 366 * 86_400_000;
/** Longest history of a device, in characters of JSON: it is read for every device in a batch. */
const MAX_HISTORY_CHARACTERS = 64 * 1024;
const MAX_REFUSALS = 5;
const GROUP = 100;

export class DeviceTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Those that are there. Consistent. */
  async load(sources: readonly string[]): Promise<ReadonlyMap<string, DeviceHistory>> {
    const items = await this.#table.getMany(sources.map(keyOf));
    return new Map(items.map((item) => [sourceOf(item), historyOf(item)]));
  }

  /** Another number after each change. Consistent. */
  async revision(): Promise<number> {
    const [item] = await this.#table.getMany([REVISION_KEY]);
    return item === undefined ? 0 : (numberOf(item, 'version') ?? 0);
  }

  /**
   * Gives devices other tags for records that arrive from `fromMs` on; no tags take what there were away. Each device at most once.
   * Repeating it is safe. @returns how many are other than before
   * @throws StoreError where it could not be written: some may be
   */
  async put(
    rows: readonly DeviceRow[],
    { fromMs, nowMs }: { readonly fromMs: number; readonly nowMs: number },
  ): Promise<number> {
    let changed = 0;
    for (let at = 0; at < rows.length; at += GROUP)
      changed += await this.#putGroup(rows.slice(at, at + GROUP), fromMs, nowMs - KEPT_MS);
    // Behind the rows: who sees it reads them as they are now.
    await this.#raiseRevision();
    return changed;
  }

  async #putGroup(rows: readonly DeviceRow[], fromMs: number, keptFromMs: number): Promise<number> {
    const changed = new Set<string>();
    let left = rows;
    for (let refusals = 0; left.length > 0; refusals += 1) {
      if (refusals > MAX_REFUSALS) throw notWritten(left[0]?.source ?? '', `refused ${refusals} times`);
      const items = await this.#table.getMany(left.map(({ source }) => keyOf(source)));
      const stored = new Map(items.map((item) => [sourceOf(item), item]));
      const due = left.flatMap((row) => {
        const item = stored.get(row.source);
        const before = item === undefined ? [] : historyOf(item);
        const after = withTagsFrom(before, { fromMs, tags: row.tags }, keptFromMs);
        return after === before ? [] : [{ row, write: writeOf(row.source, item, after) }];
      });
      const outcomes = await this.#table.commit(due.map(({ write }) => write));
      left = due.flatMap(({ row }, at) => {
        const outcome = outcomes[at];
        if (outcome?.kind === 'committed') changed.add(row.source);
        if (outcome?.kind === 'failed') throw notWritten(row.source, outcome.reason);
        return outcome?.kind === 'committed' ? [] : [row];
      });
    }
    return changed.size;
  }

  async #raiseRevision(): Promise<void> {
    for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
      const stored = await this.revision();
      const write = {
        key: REVISION_KEY,
        expectedVersion: stored === 0 ? undefined : stored,
        version: stored + 1,
      };
      const [outcome] = await this.#table.commit([{ ...write, attributes: {} }]);
      if (outcome?.kind === 'committed') return;
      if (outcome?.kind === 'failed') throw notWritten('the revision', outcome.reason);
    }
    throw notWritten('the revision', `refused ${MAX_REFUSALS + 1} times`);
  }
}

const PREFIX = 'device|';

function keyOf(source: string): Item {
  return {
    [READERS_TABLE.partitionKey]: text(`${PREFIX}${source}`),
    [READERS_TABLE.sortKey]: text('tags'),
  };
}

const REVISION_KEY: Item = {
  [READERS_TABLE.partitionKey]: text('devices'),
  [READERS_TABLE.sortKey]: text('revision'),
};

function writeOf(source: string, stored: Item | undefined, history: DeviceHistory): VersionedWrite {
  const json = JSON.stringify(history);
  if (json.length > MAX_HISTORY_CHARACTERS)
    throw notWritten(
      source,
      `found ${history.length} changes of its tags within a year, ${json.length} characters, expected at most ${MAX_HISTORY_CHARACTERS}: tags that change so often belong in its events`,
    );
  const expectedVersion = stored === undefined ? undefined : numberOf(stored, 'version');
  return {
    key: keyOf(source),
    expectedVersion,
    version: (expectedVersion ?? 0) + 1,
    attributes: { history: text(json) },
  };
}

function sourceOf(item: Item): string {
  return (textOf(item, READERS_TABLE.partitionKey) ?? '').slice(PREFIX.length);
}

function historyOf(item: Item): DeviceHistory {
  const json = textOf(item, 'history');
  if (json === undefined)
    throw new Error(
      `device ${sourceOf(item)}: found an item with ${Object.keys(item).join(', ')}, expected a history`,
    );
  return JSON.parse(json); // as it was put
}

function notWritten(of: string, reason: string): StoreError {
  return new StoreError('table-unavailable', `the tags of ${of} could not be put: ${reason}`, {
    retryable: true,
  });
}
