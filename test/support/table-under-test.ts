// What a contract suite is run against: some table, and its change stream.

import { ALERTS_TABLE, DEAD_LETTERS_TABLE, SOURCES_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import type { TableChange, TableSchema } from '../../src/stores/memory-table.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import type { Table } from '../../src/stores/table.ts';

interface TableUnderTest {
  readonly table: Table;
  /** The first `count` changes there have been, in order. */
  changes(count: number): Promise<readonly TableChange[]>;
}

export type MakeTable = (schema: TableSchema) => Promise<TableUnderTest>;

export const SOURCES_SCHEMA: TableSchema = {
  partitionKey: SOURCES_TABLE.partitionKey,
  indexes: {
    [SOURCES_TABLE.closingIndex]: {
      partitionKey: SOURCES_TABLE.closingBucket,
      sortKey: SOURCES_TABLE.closesAt,
    },
  },
};
export const WINDOWS_SCHEMA: TableSchema = {
  partitionKey: WINDOWS_TABLE.partitionKey,
  sortKey: WINDOWS_TABLE.sortKey,
  indexes: {
    [WINDOWS_TABLE.latestIndex]: {
      partitionKey: WINDOWS_TABLE.latestOf,
      sortKey: WINDOWS_TABLE.sortKey,
    },
  },
};
export const DEAD_LETTERS_SCHEMA: TableSchema = {
  partitionKey: DEAD_LETTERS_TABLE.partitionKey,
  sortKey: DEAD_LETTERS_TABLE.sortKey,
};

export const ALERTS_SCHEMA: TableSchema = {
  partitionKey: ALERTS_TABLE.partitionKey,
  indexes: {
    [ALERTS_TABLE.checkingIndex]: {
      partitionKey: ALERTS_TABLE.checkingBucket,
      sortKey: ALERTS_TABLE.checkAt,
    },
    [ALERTS_TABLE.standingIndex]: {
      partitionKey: ALERTS_TABLE.standing,
      sortKey: ALERTS_TABLE.standingPlace,
    },
  },
};

export const makeMemoryTable: MakeTable = async (schema) => {
  const changes: TableChange[] = [];
  const table = new MemoryTable(schema, (change) => changes.push(change));
  return { table, changes: async (count) => changes.slice(0, count) };
};

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
