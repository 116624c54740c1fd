// A table whose writes are made in a context, so that those who are notified of a change know who made it.
import type { Table } from '../stores/table.ts';

export function writtenBy(table: Table, within: <T>(write: () => T) => T): Table {
  return {
    getMany: (keys) => table.getMany(keys),
    commit: (writes) => within(() => table.commit(writes)),
    putMany: (items) => within(() => table.putMany(items)),
    deleteMany: (keys) => within(() => table.deleteMany(keys)),
    query: (query) => table.query(query),
    scanPage: (request) => table.scanPage(request),
    scan: () => table.scan(),
  };
}
