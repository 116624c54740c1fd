// A table as a command sees it that runs beside everything else: each call takes its time, in which others go on.
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import { type Item, type PartitionQuery, type Table, textOf } from '../stores/table.ts';

export function slowTable(
  table: Table,
  { clock, ms }: { readonly clock: VirtualClock; readonly ms: () => number },
): Table {
  const late = async <T>(call: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms());
    return await call();
  };
  /** What is set aside is not read at one moment: the first of it is older than the rest. */
  async function* query(asked: PartitionQuery): AsyncIterable<Item> {
    if (asked.partition.name !== DEAD_LETTERS_TABLE.partitionKey) return yield* table.query(asked);
    const first: Item[] = [];
    for await (const item of table.query(asked)) first.push(item);
    const half = first.slice(0, Math.ceil(first.length / 2));
    yield* half;
    await clock.sleep(ms());
    const last = placeOf(half.at(-1));
    for await (const item of table.query(asked)) if (placeOf(item) > last) yield item;
  }
  return {
    getMany: (keys) => late(() => table.getMany(keys)),
    commit: (writes) => late(() => table.commit(writes)),
    putMany: (items) => late(() => table.putMany(items)),
    deleteMany: (keys) => late(() => table.deleteMany(keys)),
    query,
    scanPage: (request) => late(() => table.scanPage(request)),
    scan: () => table.scan(),
  };
}

function placeOf(item: Item | undefined): string {
  return textOf(item ?? {}, DEAD_LETTERS_TABLE.sortKey) ?? '';
}
