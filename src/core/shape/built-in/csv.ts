import type { ShapeDefinition } from '../shape-definition.ts';

/**
 * Rows under a header, with commas, semicolons or tabs. The usual names of columns are tried; a file with others needs a shape
 * that says `"like": "csv"` and where time and source stand. Times without a zone are UTC.
 */
export const CSV: ShapeDefinition = {
  name: 'csv',
  format: 'csv',
  source: [
    'source',
    'device_id',
    'deviceId',
    'device',
    'sensor_id',
    'sensor',
    'node_id',
    'node',
    'host',
    'station',
    'entity_id',
    '@partitionKey',
  ],
  id: ['event_id', 'message_id'],
  time: {
    path: [
      'time',
      'timestamp',
      'datetime',
      'date_time',
      'Time',
      'Timestamp',
      'DateTime',
      'date',
      'ts',
      '_time',
      'last_changed',
    ],
    as: 'auto',
    zone: 'UTC',
  },
  values: [{ path: '.', missing: ['', 'NA', 'N/A', 'NaN', 'null', '-'] }],
};
