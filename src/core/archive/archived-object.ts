// The first line of an archived object describes the rest of it.
import type { EpochMs, SequenceNumber } from '../brands.ts';
import { describeFound } from '../describe-found.ts';
import { isObject } from '../event-rules.ts';
import type { HourPlace } from './archive-names.ts';

/** The version of objects, manifests and shard pages. A reader refuses newer ones instead of guessing what they mean. */
export const ARCHIVE_VERSION = 1;

/** Present in every object, and in the first line of each object with records: says what it is. */
export const ARCHIVE_MARK = 'tidemill';
const OBJECT_KIND = 'archived records';

export interface ArchivedObjectHeader extends HourPlace {
  readonly records: number;
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
}

/** A record as it is archived: a line of JSON without its line end, with its sequence number and arrival. */
export interface ArchivedLine {
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
  readonly line: string;
}

export function headerLine({ stream, shard, hour, records, first, last }: ArchivedObjectHeader): string {
  const mark = { [ARCHIVE_MARK]: OBJECT_KIND, version: ARCHIVE_VERSION };
  return JSON.stringify({ ...mark, stream, shard, hour, records, first, last });
}

/** Whether a parsed first line claims to be a header. */
export function isArchiveHeader(parsed: unknown): parsed is Readonly<Record<string, unknown>> {
  return isObject(parsed) && parsed[ARCHIVE_MARK] === OBJECT_KIND;
}

/** Returns a text if something is wrong: what was found, what was expected, where. */
export function readHeader(parsed: unknown): ArchivedObjectHeader | string {
  if (!isArchiveHeader(parsed))
    return `found ${describeFound(parsed)}, expected the header of archived records`;
  const newer = problemOfVersion(parsed['version']);
  if (newer !== undefined) return newer;
  const { stream, shard, hour, records, first, last } = parsed;
  for (const [name, value] of Object.entries({ stream, shard, hour })) {
    if (typeof value !== 'string' || value === '')
      return `${name}: found ${describeFound(value)}, expected a text`;
  }
  for (const [name, value] of Object.entries({ first, last })) {
    if (!isSequence(value)) return `${name}: found ${describeFound(value)}, expected a text of digits`;
  }
  if (!isCount(records) || records === 0)
    return `records: found ${describeFound(records)}, expected a whole number above 0`;
  // all of them checked above
  return parsed as unknown as ArchivedObjectHeader;
}

/** undefined: this version can be read. */
export function problemOfVersion(version: unknown): string | undefined {
  if (version === ARCHIVE_VERSION) return undefined;
  if (typeof version === 'number' && version > ARCHIVE_VERSION) {
    return `version: found ${version}, expected ${ARCHIVE_VERSION} at most: it was written by a newer Tidemill, which can read it`;
  }
  return `version: found ${describeFound(version)}, expected ${ARCHIVE_VERSION}`;
}

/** A record that has been read, with what its line says. */
export interface ParsedLine extends ArchivedLine {
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The record of a parsed line; a text says what is wrong. */
export function readArchivedLine(parsed: unknown, line: string): ParsedLine | string {
  if (!isObject(parsed)) return `found ${describeFound(parsed)}, expected a record`;
  const { sequence, arrivalMs } = parsed;
  if (!isSequence(sequence)) return `sequence: found ${describeFound(sequence)}, expected a text of digits`;
  if (!isCount(arrivalMs))
    return `arrivalMs: found ${describeFound(arrivalMs)}, expected whole ms since the epoch`;
  return { sequence, arrivalMs, line, fields: parsed };
}

export function isSequence(value: unknown): value is SequenceNumber {
  return typeof value === 'string' && /^\d{1,60}$/.test(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
