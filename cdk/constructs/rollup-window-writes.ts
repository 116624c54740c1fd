// Filter of the windows table's changelog that keeps writes to rollup windows. Closed windows of sources, which are most of
// what is written there, and removals are of no interest to its readers.
import { ROLLUP_SERIES_PREFIX } from '../../src/core/series.ts';
import { WINDOWS_TABLE } from '../../src/platform/names.ts';

/** A pattern for event source mappings. It keeps all series that are too long for a key: the key does not show what they are of. */
export const ROLLUP_WINDOW_WRITES = {
  eventName: ['INSERT', 'MODIFY'],
  dynamodb: {
    Keys: {
      [WINDOWS_TABLE.partitionKey]: {
        S: [{ prefix: ROLLUP_SERIES_PREFIX }, { prefix: WINDOWS_TABLE.longSeriesPrefix }],
      },
    },
  },
};
