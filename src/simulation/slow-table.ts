// A table as a command sees it that runs beside everything else: each call takes its time, in which others go on.
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import type { Table } from '../stores/table.ts';

export function slowTable(
  table: Table,
  { clock, ms }: { readonly clock: VirtualClock; readonly ms: () => number },
): Table {
  const late = async <T>(call: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms());
    return await call();
  };
  return {
    getMany: (keys) => late(() => table.getMany(keys)),
    commit: (writes) => late(() => table.commit(writes)),
    putMany: (items) => late(() => table.putMany(items)),
    deleteMany: (keys) => late(() => table.deleteMany(keys)),
    query: (query) => table.query(query),
    scanPage: (request) => late(() => table.scanPage(request)),
    scan: () => table.scan(),
  };
}
