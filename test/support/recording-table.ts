// A table that writes down every operation and its outcome, so that another table can be held to the same.
import type { StoredTable } from '../../src/simulation/simulated-tables.ts';
import type { Item, PartitionQuery, VersionedOutcome, VersionedWrite } from '../../src/stores/table.ts';
import { collect } from './collect.ts';

export type TableOperation =
  | { readonly kind: 'getMany'; readonly keys: readonly Item[]; outcome: readonly Item[] }
  | {
      readonly kind: 'commit';
      readonly writes: readonly VersionedWrite[];
      outcome: readonly VersionedOutcome[];
    }
  | { readonly kind: 'putMany'; readonly items: readonly Item[] }
  | { readonly kind: 'query'; readonly query: PartitionQuery; outcome: readonly Item[] }
  | { readonly kind: 'scan'; outcome: readonly Item[] }
  | { readonly kind: 'remove'; readonly key: Item };

/** Operations are noted as they begin, which in memory is when they are done; their outcomes follow. */
export function recordingTable(table: StoredTable, note: (operation: TableOperation) => void): StoredTable {
  const noted = <T extends TableOperation>(operation: T): T => {
    note(operation);
    return operation;
  };
  return {
    async getMany(keys) {
      const operation = noted({ kind: 'getMany', keys, outcome: [] as readonly Item[] });
      operation.outcome = await table.getMany(keys);
      return operation.outcome;
    },
    async commit(writes) {
      const operation = noted({ kind: 'commit', writes, outcome: [] as readonly VersionedOutcome[] });
      operation.outcome = await table.commit(writes);
      return operation.outcome;
    },
    async putMany(items) {
      noted({ kind: 'putMany', items });
      await table.putMany(items);
    },
    async deleteMany(keys) {
      for (const key of keys) noted({ kind: 'remove', key });
      await table.deleteMany(keys);
    },
    /** Pages are walked in an order of each table's own: there is nothing to compare. */
    scanPage: (request) => table.scanPage(request),
    async *query(query) {
      const operation = noted({ kind: 'query', query, outcome: [] as readonly Item[] });
      operation.outcome = await collect(table.query(query));
      yield* operation.outcome;
    },
    async *scan() {
      const operation = noted({ kind: 'scan', outcome: [] as readonly Item[] });
      operation.outcome = await collect(table.scan());
      yield* operation.outcome;
    },
    remove(key) {
      noted({ kind: 'remove', key });
      table.remove(key);
    },
  };
}
