// What an archive holds of one hour of one shard: which records are in which object. All totals are computed from the entries, so
// what is written twice counts once.
import type { EpochMs, SequenceNumber } from '../brands.ts';
import { describeFound } from '../describe-found.ts';
import { isObject } from '../event-rules.ts';
import { compareSequenceNumbers } from '../sequence-number.ts';
import type { HourPlace } from './archive-names.ts';
import { ARCHIVE_MARK, ARCHIVE_VERSION, isCount, isSequence, problemOfVersion } from './archived-object.ts';

/**
 * The records of an hour of a shard from `first` to `last`, both included: every record that the stream has between them is in the
 * object. Entries never overlap. The object may hold further records after `last`, which belong to another entry.
 */
export interface ManifestEntry {
  /** Relative to the hour's folder. */
  readonly name: string;
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
  readonly records: number;
  /** The bytes of the records' lines in UTF-8, without line ends. */
  readonly bytes: number;
  /** Sum of the SHA-256 of the records' lines, modulo 2^256, in hex: the same however records are divided into objects. */
  readonly digest: string;
  readonly firstArrivalMs: EpochMs;
  readonly lastArrivalMs: EpochMs;
  /** Bytes of the object as it is stored. */
  readonly size: number;
  /** Digest of the object as it is stored, in hex. */
  readonly sha256: string;
}

export interface Manifest extends HourPlace {
  /** In order of their first sequence number. */
  readonly objects: readonly ManifestEntry[];
}

/** The totals of a manifest. */
export interface ManifestTotals {
  readonly records: number;
  readonly bytes: number;
  readonly digest: string;
  /** Bytes of the stored objects. */
  readonly size: number;
  readonly first: SequenceNumber | undefined;
  readonly last: SequenceNumber | undefined;
  /** Earliest and latest: arrivals need not be in order. */
  readonly firstArrivalMs: EpochMs | undefined;
  readonly lastArrivalMs: EpochMs | undefined;
}

export function totalsOf({ objects }: Pick<Manifest, 'objects'>): ManifestTotals {
  const sum = (of: (entry: ManifestEntry) => number) =>
    objects.reduce((total, entry) => total + of(entry), 0);
  const arrivals = objects.flatMap(({ firstArrivalMs, lastArrivalMs }) => [firstArrivalMs, lastArrivalMs]);
  return {
    records: sum(({ records }) => records),
    bytes: sum(({ bytes }) => bytes),
    digest: objects.reduce((total, { digest }) => addDigests(total, digest), EMPTY_DIGEST),
    size: sum(({ size }) => size),
    first: objects[0]?.first,
    last: objects.at(-1)?.last,
    firstArrivalMs: arrivals.length === 0 ? undefined : arrivals.reduce((a, b) => Math.min(a, b)),
    lastArrivalMs: arrivals.length === 0 ? undefined : arrivals.reduce((a, b) => Math.max(a, b)),
  };
}

export const EMPTY_DIGEST = '0'.repeat(64);

/** Modulo 2^256. */
export function addDigests(a: string, b: string): string {
  const sum = BigInt.asUintN(256, BigInt(`0x${a}`) + BigInt(`0x${b}`));
  return sum.toString(16).padStart(64, '0');
}

/** The manifest with more entries, which overlap none of the present ones. */
export function withEntries(manifest: Manifest, entries: readonly ManifestEntry[]): Manifest {
  const objects = [...manifest.objects, ...entries].sort((a, b) => compareSequenceNumbers(a.first, b.first));
  const overlap = overlapIn(objects);
  if (overlap !== undefined) throw new Error(`manifest ${manifest.hour} of ${manifest.shard}: ${overlap}`);
  return { ...manifest, objects };
}

const MANIFEST_KIND = 'archive manifest';

export function manifestJson(manifest: Manifest): string {
  const { stream, shard, hour, objects } = manifest;
  const mark = { [ARCHIVE_MARK]: MANIFEST_KIND, version: ARCHIVE_VERSION };
  return `${JSON.stringify({ ...mark, stream, shard, hour, ...totalsOf(manifest), objects })}\n`;
}

/**
 * Returns a text if something is wrong: what was found, what was expected, where. Totals that differ from the entries are wrong.
 */
export function readManifest(parsed: unknown, place: HourPlace): Manifest | string {
  if (!isObject(parsed) || parsed[ARCHIVE_MARK] !== MANIFEST_KIND) {
    return `found ${describeFound(parsed)}, expected the manifest of an archive`;
  }
  const newer = problemOfVersion(parsed['version']);
  if (newer !== undefined) return newer;
  for (const name of ['stream', 'shard', 'hour'] as const) {
    if (parsed[name] !== place[name])
      return `${name}: found ${describeFound(parsed[name])}, expected ${place[name]}, as its name says`;
  }
  const objects = parsed['objects'];
  if (!Array.isArray(objects)) return `objects: found ${describeFound(objects)}, expected an array`;
  for (const [at, entry] of objects.entries()) {
    const problem = problemOfEntry(entry);
    if (problem !== undefined) return `objects[${at}].${problem}`;
  }
  // each of them checked above
  const manifest: Manifest = { ...place, objects: objects as ManifestEntry[] };
  return overlapIn(manifest.objects) ?? wrongSum(parsed, totalsOf(manifest)) ?? manifest;
}

function problemOfEntry(entry: unknown): string | undefined {
  if (!isObject(entry)) return `found ${describeFound(entry)}, expected an object`;
  const { name } = entry;
  if (typeof name !== 'string' || !/^[\w.-]+$/.test(name))
    return `name: found ${describeFound(name)}, expected an object's name`;
  for (const field of ['first', 'last']) {
    if (!isSequence(entry[field]))
      return `${field}: found ${describeFound(entry[field])}, expected a text of digits`;
  }
  for (const field of ['records', 'bytes', 'size', 'firstArrivalMs', 'lastArrivalMs']) {
    if (!isCount(entry[field]))
      return `${field}: found ${describeFound(entry[field])}, expected a whole number`;
  }
  for (const field of ['digest', 'sha256']) {
    const value = entry[field];
    if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) {
      return `${field}: found ${describeFound(value)}, expected 64 hex digits`;
    }
  }
  return undefined;
}

function overlapIn(objects: readonly ManifestEntry[]): string | undefined {
  for (const [at, { first, last }] of objects.entries()) {
    if (compareSequenceNumbers(first, last) > 0)
      return `objects[${at}]: found ${first} to ${last}, expected them in order`;
    const before = objects[at - 1];
    if (before !== undefined && compareSequenceNumbers(before.last, first) >= 0) {
      return `objects[${at}]: found ${first} behind ${before.last}, expected entries in order that do not overlap`;
    }
  }
  return undefined;
}

function wrongSum(parsed: Readonly<Record<string, unknown>>, totals: ManifestTotals): string | undefined {
  for (const [name, total] of Object.entries(totals)) {
    if (parsed[name] !== total)
      return `${name}: found ${describeFound(parsed[name])}, expected ${total}, which is what its objects come to`;
  }
  return undefined;
}
