// Names of an archive's objects, and what a name says. docs/archive.md draws the whole layout.
import type { EpochMs, SequenceNumber, ShardId } from '../brands.ts';

/** A shard of one stream. `stream`: a Kinesis stream's name, or a table's with the label of its stream. */
export interface ShardPlace {
  readonly stream: string;
  readonly shard: ShardId;
}

/** An hour of arrival in UTC, such as `2026-11-28T09`. Sorted as texts, hours are in order from year 0 to 9999. */
export type ArchiveHour = string;

export interface HourPlace extends ShardPlace {
  readonly hour: ArchiveHour;
}

/** The prefix of all records, whatever else is in the bucket or folder. */
export const RECORDS_PREFIX = 'records/';

const HOUR_MS = 3_600_000;
/** Kinesis has 56 digits, DynamoDB 21; padded to this many, names sort as the numbers do. */
const SEQUENCE_DIGITS = 60;
const OBJECT_ENDING = '.ndjson.zst';
/** Begins with an underscore because Athena and Spark skip such files. */
const MANIFEST = '_manifest.json';
const SHARD_PAGE = '_shard.json';

/** @throws RangeError for a time outside the years 0 to 9999, which no stream reports */
export function hourOf(arrivalMs: EpochMs): ArchiveHour {
  const text = new Date(Math.floor(arrivalMs / HOUR_MS) * HOUR_MS).toISOString();
  if (text.length !== 24)
    throw new RangeError(`arrival ${arrivalMs}: found ${text}, expected the years 0 to 9999`);
  return text.slice(0, 13);
}

/** When the hour begins; undefined: the text is not an hour. */
export function hourStartMs(hour: ArchiveHour): EpochMs | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}$/.test(hour)) return undefined;
  const startMs = Date.parse(`${hour}:00:00.000Z`);
  return Number.isNaN(startMs) ? undefined : startMs;
}

/** `records/stream=<name>/`; every character of the name that is not a letter, digit, `-`, `.` or `_` is percent-encoded. */
export function streamPrefix(stream: string): string {
  return `${RECORDS_PREFIX}stream=${encodeURIComponent(stream)}/`;
}

export function shardPrefix({ stream, shard }: ShardPlace): string {
  return `${streamPrefix(stream)}shard=${encodeURIComponent(shard)}/`;
}

export function hourPrefix(place: HourPlace): string {
  return `${shardPrefix(place)}hour=${place.hour}/`;
}

export function manifestKey(place: HourPlace): string {
  return `${hourPrefix(place)}${MANIFEST}`;
}

export function shardPageKey(place: ShardPlace): string {
  return `${shardPrefix(place)}${SHARD_PAGE}`;
}

/** The name within its hour of the object whose first record has this sequence number. @throws RangeError beyond 60 digits */
export function objectName(first: SequenceNumber): string {
  if (first.length > SEQUENCE_DIGITS) {
    throw new RangeError(
      `sequence number ${first}: found ${first.length} digits, expected ${SEQUENCE_DIGITS} at most`,
    );
  }
  return `${first.padStart(SEQUENCE_DIGITS, '0')}${OBJECT_ENDING}`;
}

export type ArchiveName =
  | { readonly kind: 'shard'; readonly place: ShardPlace }
  | { readonly kind: 'manifest'; readonly place: HourPlace }
  | { readonly kind: 'records'; readonly place: HourPlace; readonly name: string };

/** What the key of an object in an archive says; undefined: the key is not an archive's. */
export function readArchiveName(key: string): ArchiveName | undefined {
  const match = NAME.exec(key);
  if (match === null) return undefined;
  const [, stream = '', shard = '', hour, name = ''] = match;
  const decoded = decodedPlace(stream, shard);
  if (decoded === undefined) return undefined;
  if (hour === undefined) return name === SHARD_PAGE ? { kind: 'shard', place: decoded } : undefined;
  if (hourStartMs(hour) === undefined) return undefined;
  const place = { ...decoded, hour };
  if (name === MANIFEST) return { kind: 'manifest', place };
  return OBJECT_NAME.test(name) ? { kind: 'records', place, name } : undefined;
}

const NAME = /^records\/stream=([^/]+)\/shard=([^/]+)\/(?:hour=([^/]+)\/)?([^/]+)$/;
const OBJECT_NAME = new RegExp(`^\\d{${SEQUENCE_DIGITS}}\\${OBJECT_ENDING}$`);

function decodedPlace(stream: string, shard: string): ShardPlace | undefined {
  try {
    // a shard's id, because it stands where shard ids do
    return { stream: decodeURIComponent(stream), shard: decodeURIComponent(shard) as ShardId };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
