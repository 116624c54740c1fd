// What may be put into a pipeline under test, as records of its stream or changes of its tables.
import type { EpochMs } from '../core/brands.ts';
import { describeFound } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { parseRfc3339 } from '../core/rfc3339.ts';
import { type RecordingEntry, readRecordingEntry } from '../wire/recording-entry.ts';
import { readRecording } from '../wire/recordings.ts';
import type { ChangeToPut, ItemToPut, RecordToPut } from './pipeline-runner.ts';

/**
 * A telemetry event, and when it arrives in the stream if it says so; a record of any data; a Kinesis or DynamoDB record in the form of a
 * Lambda event or of `get-records`; or the path of a recording of these, plain or gzip.
 */
export type TestInput = string | TestEvent | TestRecord | Readonly<Record<string, unknown>>;

export interface TestEvent {
  readonly source: string;
  readonly id?: string | number;
  readonly type?: string;
  /** ms since the epoch, or RFC 3339. */
  readonly time: number | string;
  readonly values?: Readonly<Record<string, number | boolean | null>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** ms since the epoch. Default: its own time, or the latest arrival so far if that is later. */
  readonly arrivedAt?: number;
}

/** A Kinesis record; data that is neither text nor bytes goes in as JSON. */
export interface TestRecord {
  readonly key: string;
  readonly data: unknown;
  readonly arrivedAt?: number;
}

export type PutItem =
  | (Omit<RecordToPut, 'arrivalMs'> & {
      readonly arrivalMs: EpochMs | undefined;
      /** Of the event it carries. */
      readonly timeMs: EpochMs | undefined;
    })
  | ChangeToPut;

/** Arriving when it says, else at its own time, or with the latest so far if that is later. */
export function putAt(item: PutItem, latestMs: EpochMs): ItemToPut {
  if (item.kind === 'change') return item;
  const { timeMs = 0, arrivalMs = Math.max(timeMs, latestMs), ...record } = item;
  return { ...record, arrivalMs };
}

/** The entries of a recording. @throws RecordingError */
export async function* itemsOfFile(path: string): AsyncIterable<PutItem> {
  for await (const entry of readRecording(path)) yield itemOf(entry);
}

/** @throws TypeError for what is no event and no record */
export function itemOfInput(input: Exclude<TestInput, string>): PutItem {
  return isTestRecord(input) ? itemOfRecord(input) : itemOf(readInput(input));
}

function readInput(input: object): RecordingEntry {
  const entry = readRecordingEntry(input, 1);
  if (typeof entry !== 'string') return entry;
  throw new TypeError(`put: ${entry}, or a record of any data (key, data)`);
}

function isTestRecord(input: object): input is TestRecord {
  return !('source' in input) && 'key' in input && 'data' in input && typeof input.key === 'string';
}

function itemOfRecord({ key, data, arrivedAt }: TestRecord): PutItem {
  if (arrivedAt !== undefined && !Number.isFinite(arrivedAt)) {
    throw new TypeError(`put: arrivedAt: found ${describeFound(arrivedAt)}, expected ms since the epoch`);
  }
  const isPlain = typeof data === 'string' || data instanceof Uint8Array;
  const bytes = Buffer.from(isPlain ? data : JSON.stringify(data));
  const timeMs = isPlain ? undefined : ownTimeMs(data);
  return { kind: 'record', partitionKey: key, data: bytes, arrivalMs: arrivedAt, timeMs };
}

export function itemOf(entry: RecordingEntry): PutItem {
  switch (entry.kind) {
    case 'event': {
      const { source, raw, arrivedAt } = entry;
      const data = Buffer.from(JSON.stringify(raw));
      return { kind: 'record', partitionKey: source, data, arrivalMs: arrivedAt, timeMs: ownTimeMs(raw) };
    }
    case 'kinesis': {
      const { partitionKey, arrivalMs, shard, sequence } = entry;
      const data = Buffer.from(entry.data, 'base64');
      return { kind: 'record', partitionKey, data, arrivalMs, timeMs: undefined, place: { shard, sequence } };
    }
    case 'dynamodb':
      return { kind: 'change', record: entry.record, arrivalMs: entry.arrivalMs };
  }
}

/** The time an event shows, and the latest of what carries several; undefined where none is shown. */
export function ownTimeMs(parsed: unknown): EpochMs | undefined {
  if (Array.isArray(parsed)) {
    const times = parsed.map(ownTimeMs).filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }
  if (!isObject(parsed)) return undefined;
  const { time, events } = parsed;
  if (time === undefined && Array.isArray(events)) return ownTimeMs(events);
  const ms = typeof time === 'string' ? parseRfc3339(time) : time;
  return typeof ms === 'number' && Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
