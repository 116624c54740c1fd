// Which changes of a generation's tables are reported, and where their marks are kept: beside the items, where whoever reads the tables
// passes them over.
import { bucketOf } from '../core/spread.ts';
import { CLOSING_BUCKETS, LATEST_BUCKETS, SOURCES_TABLE, WINDOWS_TABLE } from '../platform/names.ts';
import { number, text, textOf } from './table.ts';
import type { ToldItems } from './telling-table.ts';

/** No source has a control character in its name; nor has a page of ids this mark. */
const SOURCE_MARK = '\u0001untold';
/** Buckets of the closing index that the closer does not look into. */
const UNTOLD_BUCKET = 100;

/** Every change of a state. */
export const TOLD_SOURCES: ToldItems = {
  keyNames: [SOURCES_TABLE.partitionKey],
  content: SOURCES_TABLE.state,
  isTold: (key) => textOf(key, SOURCES_TABLE.partitionKey)?.includes('\u0001') === false,
  markOf: (key) => {
    const source = textOf(key, SOURCES_TABLE.partitionKey) ?? '';
    return {
      key: { [SOURCES_TABLE.partitionKey]: text(`${source}${SOURCE_MARK}`) },
      untold: {
        [SOURCES_TABLE.closingBucket]: number(UNTOLD_BUCKET + bucketOf(source, CLOSING_BUCKETS)),
        [SOURCES_TABLE.closesAt]: number(0),
      },
    };
  },
  keyOf: (mark) => {
    const key = textOf(mark, SOURCES_TABLE.partitionKey);
    if (key?.endsWith(SOURCE_MARK) !== true) return undefined;
    return { [SOURCES_TABLE.partitionKey]: text(key.slice(0, -SOURCE_MARK.length)) };
  },
  untold: Array.from({ length: CLOSING_BUCKETS }, (_, bucket) => ({
    index: SOURCES_TABLE.closingIndex,
    partition: { name: SOURCES_TABLE.closingBucket, value: number(UNTOLD_BUCKET + bucket) },
  })),
};

const WINDOW_MARK = `${WINDOWS_TABLE.spreadPrefix}untold|`;
const UNTOLD = 'untold';

/** Parts of rollup windows; closed windows of sources are in the sources' own changes. */
export const TOLD_ROLLUPS: ToldItems = {
  keyNames: [WINDOWS_TABLE.partitionKey, WINDOWS_TABLE.sortKey],
  content: 'state',
  isTold: (key) =>
    textOf(key, WINDOWS_TABLE.partitionKey)?.startsWith(WINDOWS_TABLE.spreadPrefix) === false &&
    textOf(key, WINDOWS_TABLE.sortKey)?.includes('#') === true,
  markOf: (key) => {
    const series = textOf(key, WINDOWS_TABLE.partitionKey) ?? '';
    return {
      key: {
        [WINDOWS_TABLE.partitionKey]: text(`${WINDOW_MARK}${series}`),
        [WINDOWS_TABLE.sortKey]: text(textOf(key, WINDOWS_TABLE.sortKey) ?? ''),
      },
      untold: { [WINDOWS_TABLE.latestOf]: text(`${UNTOLD}|${bucketOf(series, LATEST_BUCKETS)}`) },
    };
  },
  keyOf: (mark) => {
    const series = textOf(mark, WINDOWS_TABLE.partitionKey);
    if (series?.startsWith(WINDOW_MARK) !== true) return undefined;
    return {
      [WINDOWS_TABLE.partitionKey]: text(series.slice(WINDOW_MARK.length)),
      [WINDOWS_TABLE.sortKey]: text(textOf(mark, WINDOWS_TABLE.sortKey) ?? ''),
    };
  },
  untold: Array.from({ length: LATEST_BUCKETS }, (_, bucket) => ({
    index: WINDOWS_TABLE.latestIndex,
    partition: { name: WINDOWS_TABLE.latestOf, value: text(`${UNTOLD}|${bucket}`) },
  })),
};
