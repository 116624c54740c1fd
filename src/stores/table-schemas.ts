// The tables of the pipeline as they are kept in memory: keys and indexes as the stack has them.
import { ALERTS_TABLE, DEAD_LETTERS_TABLE, SOURCES_TABLE, WINDOWS_TABLE } from '../platform/names.ts';
import type { TableSchema } from './memory-table.ts';

export type PipelineTable = 'sources' | 'windows' | 'deadLetters' | 'alerts';

export const TABLE_SCHEMAS: Readonly<Record<PipelineTable, TableSchema>> = {
  sources: {
    partitionKey: SOURCES_TABLE.partitionKey,
    indexes: {
      [SOURCES_TABLE.closingIndex]: {
        partitionKey: SOURCES_TABLE.closingBucket,
        sortKey: SOURCES_TABLE.closesAt,
      },
    },
  },
  windows: { partitionKey: WINDOWS_TABLE.partitionKey, sortKey: WINDOWS_TABLE.sortKey },
  deadLetters: { partitionKey: DEAD_LETTERS_TABLE.partitionKey, sortKey: DEAD_LETTERS_TABLE.sortKey },
  alerts: {
    partitionKey: ALERTS_TABLE.partitionKey,
    indexes: {
      [ALERTS_TABLE.checkingIndex]: {
        partitionKey: ALERTS_TABLE.checkingBucket,
        sortKey: ALERTS_TABLE.checkAt,
      },
    },
  },
};
