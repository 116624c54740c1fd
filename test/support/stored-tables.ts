// The tables in memory, with everything that ever changed in them.

import { SOURCES_TABLE } from '../../src/platform/names.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import type { Item, Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import type { Faults } from './faults.ts';
import { FaultyTable } from './faulty-table.ts';
import type { Stall } from './stall.ts';
import { ALERTS_SCHEMA, WINDOWS_SCHEMA } from './table-under-test.ts';

export class StoredTables {
  readonly changes = {
    sources: [] as TableChange[],
    windows: [] as TableChange[],
    deadLetters: [] as TableChange[],
    alerts: [] as TableChange[],
    outlet: [] as TableChange[],
  };
  readonly sources = new MemoryTable(
    {
      partitionKey: SOURCES_TABLE.partitionKey,
      indexes: {
        [SOURCES_TABLE.closingIndex]: {
          partitionKey: SOURCES_TABLE.closingBucket,
          sortKey: SOURCES_TABLE.closesAt,
        },
      },
    },
    (change) => this.changes.sources.push(change),
  );
  readonly windows = new MemoryTable(WINDOWS_SCHEMA, (change) => this.changes.windows.push(change));
  readonly deadLetters = new MemoryTable(TABLE_SCHEMAS.deadLetters, (change) =>
    this.changes.deadLetters.push(change),
  );

  readonly alerts = new MemoryTable(ALERTS_SCHEMA, (change) => this.changes.alerts.push(change));

  readonly outlet = new MemoryTable(TABLE_SCHEMAS.outlet, (change) => this.changes.outlet.push(change));

  readonly readers = new MemoryTable(TABLE_SCHEMAS.readers);

  readonly #inPlaceOfSources: (table: Table) => Table;

  constructor(inPlaceOfSources: (table: Table) => Table = (table) => table) {
    this.#inPlaceOfSources = inPlaceOfSources;
  }

  /** One of the tables as a container sees it whose calls may go wrong. */
  faulty(name: keyof StoredTables['changes'], faults: Faults, stall: Stall): FaultyTable {
    const changes = this.changes[name];
    const inner = name === 'sources' ? this.#inPlaceOfSources(this.sources) : this[name];
    return new FaultyTable(inner, {
      faults,
      stall,
      previousImage: (key) => changes.findLast(({ keys }) => sameKey(keys, key))?.oldImage,
    });
  }
}

function sameKey(a: Item, b: Item): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
