// The keys and indexes of the stack's tables, for tables in memory where no template says them.
import {
  ALERTS_TABLE,
  DEAD_LETTERS_TABLE,
  LIVE_TABLE,
  OUTLET_TABLE,
  READERS_TABLE,
  SOURCES_TABLE,
  type TableName,
  TOKENS_TABLE,
  WINDOWS_TABLE,
} from '../platform/names.ts';
import type { TableSchema } from './memory-table.ts';

/** Those that the way of an event goes through. */
export type PipelineTable = Extract<TableName, 'sources' | 'windows' | 'deadLetters' | 'alerts'>;

export const TABLE_SCHEMAS: Readonly<Record<TableName, TableSchema>> = {
  sources: {
    partitionKey: SOURCES_TABLE.partitionKey,
    indexes: {
      [SOURCES_TABLE.closingIndex]: {
        partitionKey: SOURCES_TABLE.closingBucket,
        sortKey: SOURCES_TABLE.closesAt,
      },
    },
  },
  windows: {
    partitionKey: WINDOWS_TABLE.partitionKey,
    sortKey: WINDOWS_TABLE.sortKey,
    indexes: {
      [WINDOWS_TABLE.latestIndex]: {
        partitionKey: WINDOWS_TABLE.latestOf,
        sortKey: WINDOWS_TABLE.sortKey,
      },
    },
  },
  deadLetters: {
    partitionKey: DEAD_LETTERS_TABLE.partitionKey,
    sortKey: DEAD_LETTERS_TABLE.sortKey,
    indexes: {
      [DEAD_LETTERS_TABLE.letterIndex]: {
        partitionKey: DEAD_LETTERS_TABLE.letterOf,
        sortKey: DEAD_LETTERS_TABLE.letterNumber,
      },
    },
  },
  alerts: {
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
  },
  tokens: { partitionKey: TOKENS_TABLE.partitionKey },
  readers: { partitionKey: READERS_TABLE.partitionKey, sortKey: READERS_TABLE.sortKey },
  live: { partitionKey: LIVE_TABLE.partitionKey, sortKey: LIVE_TABLE.sortKey },
  outlet: { partitionKey: OUTLET_TABLE.partitionKey },
};
