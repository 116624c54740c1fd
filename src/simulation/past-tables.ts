// What the tables have been at each moment, so that they can be restored from a backup.
import type { TableChange } from '../stores/memory-table.ts';
import type { Item } from '../stores/table.ts';
import type { SimulatedTable, StoredTable } from './simulated-tables.ts';

interface PastImage {
  readonly atMs: number;
  readonly key: Item;
  readonly image: Item | undefined;
}

export class PastTables {
  readonly #byTable = new Map<SimulatedTable, Map<string, PastImage[]>>();

  note(table: SimulatedTable, { keys, newImage }: TableChange, atMs: number): void {
    const items = this.#byTable.get(table) ?? new Map<string, PastImage[]>();
    this.#byTable.set(table, items);
    const id = JSON.stringify(keys);
    items.set(id, [...(items.get(id) ?? []), { atMs, key: keys, image: newImage }]);
  }

  async restore(name: SimulatedTable, table: StoredTable, toMs: number): Promise<void> {
    const images = [...(this.#byTable.get(name)?.values() ?? [])].flatMap((all) => {
      const [first] = all;
      return first === undefined
        ? []
        : [{ key: first.key, image: all.findLast(({ atMs }) => atMs <= toMs)?.image }];
    });
    for (const { key, image } of images) if (image === undefined) table.remove(key);
    await table.putMany(images.flatMap(({ image }) => (image === undefined ? [] : [image])));
  }
}
