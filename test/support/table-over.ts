import type { Table } from '../../src/stores/table.ts';

/** A table that does all as the one beneath but for what is given. */
export function tableOver(table: Table, changed: Partial<Table>): Table {
  return {
    getMany: (keys) => table.getMany(keys),
    commit: (writes) => table.commit(writes),
    putMany: (items) => table.putMany(items),
    deleteMany: (keys) => table.deleteMany(keys),
    scanPage: (request) => table.scanPage(request),
    query: (query) => table.query(query),
    scan: () => table.scan(),
    ...changed,
  };
}

/** An operation of a table that cannot be reached. */
export async function down(): Promise<never> {
  throw new Error('the table is down');
}
