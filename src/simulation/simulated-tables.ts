// The tables in memory. Each change of one is checked, and told to those who read its stream.
import { MemoryTable, type TableChange } from '../stores/memory-table.ts';
import type { Item, Table } from '../stores/table.ts';
import { TABLE_SCHEMAS } from '../stores/table-schemas.ts';
import type { TableName } from './checks.ts';

export const TABLE_NAMES: readonly TableName[] = ['sources', 'windows', 'deadLetters', 'alerts'];

/** A table that somebody may also take items out of by hand. */
export interface StoredTable extends Table {
  remove(key: Item): void;
}

export class SimulatedTables {
  readonly #tables: Readonly<Record<TableName, StoredTable>>;
  readonly #previous = {
    sources: new Map(),
    windows: new Map(),
    deadLetters: new Map(),
    alerts: new Map(),
  } satisfies Record<TableName, Map<string, Item | undefined>>;

  constructor(
    onChange: (table: TableName, change: TableChange) => void,
    inPlaceOf: (name: TableName, table: StoredTable) => StoredTable,
  ) {
    const make = (name: TableName): StoredTable =>
      inPlaceOf(
        name,
        new MemoryTable(TABLE_SCHEMAS[name], (change) => {
          this.#previous[name].set(JSON.stringify(change.keys), change.oldImage);
          onChange(name, change);
        }),
      );
    this.#tables = {
      sources: make('sources'),
      windows: make('windows'),
      deadLetters: make('deadLetters'),
      alerts: make('alerts'),
    };
  }

  get(name: TableName): StoredTable {
    return this.#tables[name];
  }

  /** What the item was before its latest change. */
  previousImage(name: TableName, key: Item): Item | undefined {
    return this.#previous[name].get(JSON.stringify(key));
  }
}
