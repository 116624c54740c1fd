// The tables in memory. Each change of one is checked, and told to those who read its stream.
import { MemoryTable, type TableChange } from '../stores/memory-table.ts';
import type { Item, Table } from '../stores/table.ts';
import { TABLE_SCHEMAS } from '../stores/table-schemas.ts';

/** Those that functions of the simulation ask for. */
export const SIMULATED_TABLES = ['sources', 'windows', 'deadLetters', 'alerts', 'readers', 'live'] as const;
export type SimulatedTable = (typeof SIMULATED_TABLES)[number];

/** A table that somebody may also take items out of by hand. */
export interface StoredTable extends Table {
  remove(key: Item): void;
}

export class SimulatedTables {
  readonly #tables = new Map<string, StoredTable>();
  readonly #outages = new Map<string, number>();
  readonly #throttled = new Map<string, number>();
  readonly #previous = new Map<string, Map<string, Item | undefined>>();

  constructor(
    onChange: (table: SimulatedTable, change: TableChange) => void,
    inPlaceOf: (name: SimulatedTable, table: StoredTable) => StoredTable,
  ) {
    for (const name of SIMULATED_TABLES) {
      const previous = new Map<string, Item | undefined>();
      this.#previous.set(name, previous);
      const table = new MemoryTable(TABLE_SCHEMAS[name], (change) => {
        previous.set(JSON.stringify(change.keys), change.oldImage);
        onChange(name, change);
      });
      this.#tables.set(name, inPlaceOf(name, table));
    }
  }

  get(name: string): StoredTable {
    const table = this.#tables.get(name);
    if (table !== undefined) return table;
    throw new Error(`the simulation has no table ${name}: found ${SIMULATED_TABLES.join(', ')}`);
  }

  /** Every call of the table fails before then. */
  fail(name: SimulatedTable, untilMs: number): void {
    this.#outages.set(name, Math.max(this.#outages.get(name) ?? 0, untilMs));
  }

  isOut(name: string, nowMs: number): boolean {
    return nowMs < (this.#outages.get(name) ?? 0);
  }

  /** Until then it takes one conditional write of a call. */
  throttle(name: SimulatedTable, untilMs: number): void {
    this.#throttled.set(name, Math.max(this.#throttled.get(name) ?? 0, untilMs));
  }

  isThrottled(name: string, nowMs: number): boolean {
    return nowMs < (this.#throttled.get(name) ?? 0);
  }

  /** What the item was before its latest change. */
  previousImage(name: string, key: Item): Item | undefined {
    return this.#previous.get(name)?.get(JSON.stringify(key));
  }
}
