// What may be put into a pipeline under test, as records of its stream or changes of its tables.
import type { EpochMs } from '../core/brands.ts';
import { describeFound } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { parseRfc3339 } from '../core/rfc3339.ts';
import { type RecordingEntry, readRecordingEntry } from '../wire/recording-entry.ts';
import { readRecording } from '../wire/recordings.ts';
import { type ArchiveSelection, archivedEntries, isArchivePath, openArchive } from './archived-entries.ts';
import type { ChangeToPut, ItemToPut, RecordToPut } from './pipeline-runner.ts';

/**
 * A telemetry event, and when it arrives in the stream if it says so; a record of any data; a Kinesis or DynamoDB record in the form of a
 * Lambda event or of `get-records`; or the path of a recording of these, plain, gzip or zstd, or of an archive: a folder, or `s3://bucket/prefix`.
 */
export type TestInput = string | TestRecording | TestEvent | TestRecord | Readonly<Record<string, unknown>>;

/** Some of a recording, or of an archive. */
export interface TestRecording {
  /** Path of a recording, or of an archive: a folder, or `s3://bucket/prefix`. */
  readonly recording: string;
  /** Arrival, ms since the epoch or RFC 3339; included. */
  readonly from?: number | string;
  /** The same; excluded. */
  readonly to?: number | string;
  /** Partition keys: what a source’s records were put under. */
  readonly sources?: readonly string[];
  /** Which stream to read, where an archive has several. */
  readonly stream?: string;
}

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
      /** Time of the event it carries. */
      readonly timeMs: EpochMs | undefined;
    })
  | ChangeToPut;

/** Arriving when it says, else at its own time, or with the latest so far if that is later. */
export function putAt(item: PutItem, latestMs: EpochMs): ItemToPut {
  if (item.kind === 'change') return item;
  const { timeMs = 0, arrivalMs = Math.max(timeMs, latestMs), ...record } = item;
  return { ...record, arrivalMs };
}

/** The entries of a recording or an archive. @throws RecordingError, ArchiveError; TypeError for an invalid time */
export async function* itemsOfRecording(input: string | TestRecording): AsyncIterable<PutItem> {
  const { recording, from, to, ...others } = typeof input === 'string' ? { recording: input } : input;
  const selection = { ...others, fromMs: momentOf('from', from), toMs: momentOf('to', to) };
  const entries = isArchivePath(recording)
    ? archivedEntries(openArchive(recording), selection)
    : selected(readRecording(recording), selection);
  for await (const entry of entries) yield itemOf(entry);
}

export function isTestRecording(input: object): input is TestRecording {
  return 'recording' in input && typeof input.recording === 'string';
}

async function* selected(
  entries: AsyncIterable<RecordingEntry>,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY, sources }: ArchiveSelection,
): AsyncIterable<RecordingEntry> {
  for await (const entry of entries) {
    const atMs = entry.kind === 'event' ? (entry.arrivedAt ?? ownTimeMs(entry.raw) ?? 0) : entry.arrivalMs;
    if (atMs < fromMs || atMs >= toMs) continue;
    if (sources === undefined || sources.includes(keyOf(entry))) yield entry;
  }
}

function keyOf(entry: RecordingEntry): string {
  if (entry.kind === 'event') return entry.source;
  if (entry.kind === 'kinesis') return entry.partitionKey;
  return Object.values(entry.record.dynamodb.Keys)[0]?.S ?? '';
}

function momentOf(name: string, value: number | string | undefined): EpochMs | undefined {
  const ms = typeof value === 'string' ? parseRfc3339(value) : value;
  if (value === undefined || (ms !== undefined && Number.isFinite(ms))) return ms;
  throw new TypeError(`put: ${name}: found ${describeFound(value)}, expected ms since the epoch or RFC 3339`);
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
