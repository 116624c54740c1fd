// Recordings: telemetry events, Kinesis records or changes of a DynamoDB table, one a line or in one JSON document, plain, gzip or zstd; or an object of an archive. Read as a stream:
// a recording may be larger than memory, one line of it may not.
import { createReadStream } from 'node:fs';
import {
  type ArchivedObjectHeader,
  isArchiveHeader,
  readArchivedLine,
  readHeader,
} from '../core/archive/archived-object.ts';
import { quote } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { readArchivedRecord } from './archived-line.ts';
import { isEnvelope } from './hand-event.ts';
import { MAX_LINE_BYTES, plainLines } from './plain-lines.ts';
import { type RecordingEntry, readRecordingEntry } from './recording-entry.ts';
import { RecordingError } from './recording-error.ts';

/** A file's path, or a stream of its bytes with a name for messages. */
export type RecordingInput = string | { readonly name: string; readonly chunks: AsyncIterable<Uint8Array> };

/**
 * The entries of a recording, in order, all of one kind. Where it is not what it should be, the entries before are given
 * and then a RecordingError is thrown that names the file and the line.
 */
export async function* readRecording(input: RecordingInput): AsyncGenerator<RecordingEntry, void, undefined> {
  const file = typeof input === 'string' ? input : input.name;
  const chunks = typeof input === 'string' ? createReadStream(input) : input.chunks;
  let kind: RecordingEntry['kind'] | undefined;
  let archived: { readonly header: ArchivedObjectHeader; records: number } | undefined;
  for await (const { line, parsed } of parsedLines(file, chunks)) {
    if (kind === undefined && archived === undefined && isArchiveHeader(parsed)) {
      const header = readHeader(parsed);
      if (typeof header === 'string') throw new RecordingError('unknown-shape', { file, line }, header);
      archived = { header, records: 0 };
      continue;
    }
    if (archived !== undefined) archived.records += 1;
    for (const candidate of documentEntries(parsed)) {
      const entry =
        archived === undefined
          ? readRecordingEntry(candidate, line)
          : readArchivedEntry(candidate, line, archived.header);
      if (typeof entry === 'string') throw new RecordingError('unknown-shape', { file, line }, entry);
      kind ??= entry.kind;
      if (entry.kind !== kind) throw mixed(file, entry, kind);
      yield entry;
    }
  }
  if (archived === undefined || archived.records === archived.header.records) return;
  const problem = `found ${archived.records} records, expected ${archived.header.records}, as its first line says`;
  throw new RecordingError('truncated', { file }, problem);
}

function readArchivedEntry(
  parsed: unknown,
  lineNumber: number,
  { shard }: ArchivedObjectHeader,
): RecordingEntry | string {
  const read = readArchivedLine(parsed, '');
  return typeof read === 'string' ? read : readArchivedRecord(read, { shard, lineNumber });
}

/** What the stream takes as one record, and a GetRecords answer and a Lambda event, hold many; any other value is one entry. */
function documentEntries(parsed: unknown): readonly unknown[] {
  if (Array.isArray(parsed)) return parsed;
  if (!isObject(parsed)) return [parsed];
  if (Array.isArray(parsed['Records'])) return parsed['Records'];
  if (!isEnvelope(parsed)) return [parsed];
  const { source, events } = parsed;
  return events.map((event) =>
    isObject(event) && event['source'] === undefined ? { source, ...event } : event,
  );
}

interface ParsedLine {
  readonly line: number;
  readonly parsed: unknown;
}

/** Each line's JSON. A first line that is not JSON by itself begins a document of several lines: the rest of the file. */
async function* parsedLines(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ParsedLine> {
  let line = 0;
  let seen = false;
  let document: { readonly line: number; readonly problem: string; text: string } | undefined;
  for await (const texts of plainLines(file, chunks)) {
    for (const text of texts) {
      line++;
      if (document !== undefined) {
        document.text += `\n${text}`;
        if (document.text.length > MAX_LINE_BYTES) throw notJson(file, document);
        continue;
      }
      if (text.trim() === '') continue;
      const parsed = parseJson(text);
      if (parsed.kind === 'json') yield { line, parsed: parsed.value };
      else if (seen) throw notJson(file, { line, ...parsed });
      else document = { line, text, problem: parsed.problem };
      seen = true;
    }
  }
  if (document === undefined) return;
  const parsed = parseJson(document.text);
  if (parsed.kind === 'not-json') throw notJson(file, document);
  yield { line: document.line, parsed: parsed.value };
}

type Parsed =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not-json'; readonly text: string; readonly problem: string };

function parseJson(text: string): Parsed {
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'not-json', text, problem: error.message };
  }
}

function notJson(
  file: string,
  found: { readonly line: number; readonly text: string; readonly problem: string },
): RecordingError {
  const expected = 'expected a JSON object a line, or one JSON document';
  return new RecordingError(
    'malformed',
    { file, line: found.line },
    `found ${quote(found.text)}, ${expected}: ${quote(found.problem)}`,
  );
}

const KIND_NAMES = {
  event: 'a telemetry event',
  kinesis: 'a Kinesis record',
  dynamodb: 'a change of a DynamoDB table',
} as const;

function mixed(file: string, found: RecordingEntry, expected: RecordingEntry['kind']): RecordingError {
  const problem = `found ${KIND_NAMES[found.kind]}, expected ${KIND_NAMES[expected]} as before: a recording holds one kind`;
  return new RecordingError('mixed', { file, line: found.line }, problem);
}
