// Change records of the windows table, the live table and the alerts table to what they tell of: rollup windows written to,
// changes of watched sources on their way, and transitions of alerts.
import type { SequenceNumber } from '../../src/core/brands.ts';
import { parseRollupSeries } from '../../src/core/series.ts';
import { ALERTS_TABLE, LIVE_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import type { AlertTransition } from '../../src/wire/alert-event.ts';
import { alertTransitions } from '../../src/wire/alert-event.ts';
import { readChangeRecord } from '../../src/wire/change-record.ts';
import type { Change } from '../../src/wire/live/messages.ts';
import type { PartOf } from '../../src/wire/live/part-key.ts';
import { partKey } from '../../src/wire/live/part-key.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

/** The writes of a batch to one rollup window, by part: the first version and the last. */
export interface WindowWrites {
  readonly series: string;
  readonly start: number;
  readonly end: number;
  readonly parts: Map<string, { readonly from: number; readonly to: number }>;
}

export interface DecodedRecords {
  /** In the order of their first writes. */
  readonly windows: readonly WindowWrites[];
  readonly sources: readonly Change[];
  readonly alerts: readonly AlertTransition[];
  readonly sequences: readonly SequenceNumber[];
}

export function decodeRecords(records: readonly DynamoDbEventRecord[]): DecodedRecords {
  const windows = new Map<string, WindowWrites>();
  const sources: Change[] = [];
  const alerts: AlertTransition[] = [];
  const sequences: SequenceNumber[] = [];
  for (const record of records) {
    const { kind, key, newImage, sequence } = readChangeRecord(record);
    sequences.push(sequence);
    if (kind === 'housekeeping' || newImage === undefined) continue;
    if (key[ALERTS_TABLE.partitionKey] !== undefined) {
      alerts.push(...readableTransitions(record));
      continue;
    }
    if (key[LIVE_TABLE.sortKey] === LIVE_TABLE.change) {
      const body = newImage['body'];
      // Written by the rollup consumer, as JSON of a change.
      if (typeof body === 'string') sources.push(JSON.parse(body));
      continue;
    }
    const series = newImage['name'] ?? key[WINDOWS_TABLE.partitionKey];
    const sortKey = key[WINDOWS_TABLE.sortKey];
    const version = newImage['version'];
    if (typeof series !== 'string' || typeof sortKey !== 'string' || typeof version !== 'number') continue;
    // Closed windows of sources come by the live table, with the state's version.
    if (parseRollupSeries(series) === undefined) continue;
    const place = partOf(sortKey);
    if (place === undefined) continue;
    const { start, end } = place;
    const window = windows.get(`${start} ${end} ${series}`) ?? { series, start, end, parts: new Map() };
    windows.set(`${start} ${end} ${series}`, window);
    const part = partKey(place);
    window.parts.set(part, { from: window.parts.get(part)?.from ?? version, to: version });
  }
  return { windows: [...windows.values()], sources, alerts, sequences };
}

/** No transitions if the record cannot be read: the function publish reports it, and clients see the alert as it is stored. */
function readableTransitions(record: DynamoDbEventRecord): readonly AlertTransition[] {
  try {
    return alertTransitions(record);
  } catch {
    return [];
  }
}

/** Reads the sort key of a rollup's part, which consists of start, end and part; undefined for other windows. */
function partOf(sortKey: string): PartOf | undefined {
  const [, start, end, part] = /^(\d+)\+(\d+)#(\d+)$/.exec(sortKey) ?? [];
  if (start === undefined) return undefined;
  return { start: Number(start), end: Number(end), part: Number(part) };
}
