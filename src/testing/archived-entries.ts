// An archive as a recording: what a stream carried, by shard in order, the shards merged by arrival. Docs: docs/archive.md.
import { statSync } from 'node:fs';
import { createS3Client } from '../platform/s3-client.ts';
import { ArchiveError } from '../stores/archive/archive-error.ts';
import { ArchiveReader } from '../stores/archive/archive-reader.ts';
import type { ArchivedRecord } from '../stores/archive/archived-record.ts';
import { FolderObjects } from '../stores/archive/folder-objects.ts';
import type { Objects } from '../stores/archive/objects.ts';
import { S3Objects } from '../stores/archive/s3-objects.ts';
import { readArchivedRecord } from '../wire/archived-line.ts';
import type { RecordedChange } from '../wire/recorded-change.ts';
import type { RecordedKinesisRecord } from '../wire/recording-entry.ts';

/** What of an archive is wanted; nothing said: all. */
export interface ArchiveSelection {
  /** Arrival, ms since the epoch; included. */
  readonly fromMs?: number | undefined;
  /** Arrival, ms since the epoch; excluded. */
  readonly toMs?: number | undefined;
  /** Partition keys: what producers put a source's records under; in archived changes, the table's partition key. */
  readonly sources?: readonly string[] | undefined;
  /** Needed where an archive has several. */
  readonly stream?: string | undefined;
}

/** Whether a path names an archive rather than a file: a folder, or `s3://bucket/prefix`. */
export function isArchivePath(path: string): boolean {
  return path.startsWith('s3://') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A bucket or a folder; region, credentials and endpoint of S3 come from the environment. */
export function openArchive(path: string): Objects {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(path);
  if (match === null) return new FolderObjects(path);
  const [, bucket = '', prefix = ''] = match;
  return new S3Objects(
    createS3Client(),
    bucket,
    prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
  );
}

/**
 * The records in order, each once.
 * @throws ArchiveError for what is missing, damaged or newer, with the object and the line
 */
export async function* archivedEntries(
  objects: Objects,
  selection: ArchiveSelection = {},
): AsyncGenerator<RecordedKinesisRecord | RecordedChange, void, undefined> {
  const reader = new ArchiveReader(objects);
  const stream = await onlyStream(objects, reader, selection.stream);
  const shards = await reader.shards(stream);
  const sources = selection.sources === undefined ? undefined : new Set(selection.sources);
  for await (const record of byArrival(shards.map((shard) => reader.records({ stream, shard }, selection)))) {
    const entry = readArchivedRecord(record, record);
    if (typeof entry === 'string') {
      throw new ArchiveError('damaged', { object: record.object, line: record.lineNumber }, entry);
    }
    if (sources === undefined || sources.has(sourceOf(entry))) yield entry;
  }
}

async function onlyStream(
  objects: Objects,
  reader: ArchiveReader,
  wanted: string | undefined,
): Promise<string> {
  const streams = await reader.streams();
  const [first, ...others] = streams;
  const where = { object: objects.name };
  if (first === undefined) {
    throw new ArchiveError(
      'missing',
      where,
      'found no records/stream=…, expected an archive, as docs/archive.md has it',
    );
  }
  if (wanted !== undefined && !streams.includes(wanted)) {
    throw new ArchiveError(
      'missing',
      where,
      `found the streams ${streams.join(', ')}, expected ${wanted} among them`,
    );
  }
  if (wanted === undefined && others.length > 0) {
    throw new ArchiveError(
      'missing',
      where,
      `found the streams ${streams.join(', ')}, expected one of them to be named`,
    );
  }
  return wanted ?? first;
}

function sourceOf(entry: RecordedKinesisRecord | RecordedChange): string {
  if (entry.kind === 'kinesis') return entry.partitionKey;
  const [key] = Object.values(entry.record.dynamodb.Keys);
  return key?.S ?? key?.N ?? '';
}

/** Takes the one of the shards' next records that arrived first; a shard's own order stands. */
async function* byArrival(
  shards: readonly AsyncGenerator<ArchivedRecord, void, undefined>[],
): AsyncGenerator<ArchivedRecord, void, undefined> {
  const heads: { readonly rest: AsyncGenerator<ArchivedRecord, void, undefined>; record: ArchivedRecord }[] =
    [];
  for (const rest of shards) {
    const { done, value } = await rest.next();
    if (done !== true) heads.push({ rest, record: value });
  }
  while (heads.length > 0) {
    const least = heads.reduce((a, b) => (b.record.arrivalMs < a.record.arrivalMs ? b : a));
    yield least.record;
    const { done, value } = await least.rest.next();
    if (done === true) heads.splice(heads.indexOf(least), 1);
    else least.record = value;
  }
}
