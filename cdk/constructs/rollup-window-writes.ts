// Of the windows table's changelog: writes to rollup windows. Closed windows of sources, most of what is written there, and
// removals are of no interest to those who read it.
import { ROLLUP_SERIES_PREFIX } from '../../src/core/series.ts';
import { WINDOWS_TABLE } from '../../src/platform/names.ts';

/** A pattern for event source mappings. Of a series that is too long for a key the key does not tell what it is of. */
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
