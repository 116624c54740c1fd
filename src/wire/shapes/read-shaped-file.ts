// A file in another form, as events: what a replay puts into the stream, and what `tidemill shape` shows.
import { createReadStream } from 'node:fs';
import { quote } from '../../core/describe-found.ts';
import type { TelemetryEvent } from '../../core/event.ts';
import { shapesAt } from '../../core/shape/cutting.ts';
import type { Shape } from '../../core/shape/shape.ts';
import type { ShapeFormat } from '../../core/shape/shape-definition.ts';
import type { Refusal } from '../decoded-item.ts';
import { memberText } from '../element-texts.ts';
import { plainChunks } from '../plain-chunks.ts';
import { type RecordedKinesisRecord, readRecordingEntry } from '../recording-entry.ts';
import { RecordingError } from '../recording-error.ts';
import type { RecordingInput } from '../recordings.ts';
import { UnpackBudget } from '../unpack-budget.ts';
import { notUtf8, utf8Text } from '../utf8-text.ts';
import { type Document, documentsOf } from './documents.ts';
import { memberOf } from './find.ts';
import { gather } from './gather.ts';
import { handPending, Letters } from './hand-pending.ts';
import { withDoubles } from './parse-exactly.ts';
import type { Pending } from './pending.ts';
import type { RecordFacts } from './scope.ts';
import type { SkippedPaths } from './skipped-paths.ts';
import { plainBytes } from './unpack-text.ts';

export type ShapedEntry =
  | { readonly kind: 'event'; readonly event: TelemetryEvent; readonly shape: string }
  /** What is no event: as data of a record that is refused for the same reason. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly detail: string;
      readonly body: string;
      readonly shape: string;
    };

export interface ShapedFileOptions {
  readonly shapes: readonly Shape[];
  readonly skipped: SkippedPaths;
  /** Tags that a pipeline asks for. */
  readonly askedTags?: ReadonlySet<string> | undefined;
  /** What stands for the arrival, where a shape asks for it; undefined: nothing does. */
  readonly arrivalMs?: number | undefined;
  /** Names of states that a pipeline asks for. */
  readonly states?: ReadonlySet<string> | undefined;
  /** Told of every time whose zone is the shape's word. */
  readonly onZone?: (zone: string) => void;
  /** What a file may unpack to; default: 256 MiB. */
  readonly maxBytes?: number;
}

/** More than any file holds; what is split by it takes 32 bits. */
const ALL = 2 ** 31;
/** A file is read whole: a text of V8 ends at half a gigabyte. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** The shape of what is an event in its own form, or in none. */
export const OWN_FORM = '(own form)';

/** Every event of the file, in order. @throws RecordingError for a file that cannot be read at all */
export async function* readShapedFile(
  input: RecordingInput,
  options: ShapedFileOptions,
): AsyncGenerator<ShapedEntry> {
  const file = typeof input === 'string' ? input : input.name;
  const text = await readText(input, options.maxBytes);
  const ofFile: RecordFacts = { partitionKey: nameOf(file), arrivalMs: options.arrivalMs, route: undefined };
  const reading = { shapes: options.shapes, record: ofFile, most: ALL, budget: new UnpackBudget() };
  const found = documentsOf(text, reading);
  if (found.kind === 'refused') throw refusedFile(file, text, found.refusal);
  const records = found.documents.flatMap((document) => recordsIn(document, ofFile, options.shapes));
  for (const { document, record } of records) {
    const { skipped, askedTags, states, onZone } = options;
    const shaping = {
      shapes: shapesAt(options.shapes, record.arrivalMs),
      skipped,
      askedTags,
      states,
      onZone,
      record,
    };
    const into: Pending[] = [];
    gather(document, { shaping, into, most: ALL, places: 0 });
    const letters = new Letters();
    const pieces = { left: ALL };
    for (const { found: pending } of into) {
      const entries = new EntryList(pending.kind === 'part' ? pending.shape.name : OWN_FORM);
      handPending(pending, { shaping, sink: entries, letters, pieces });
      yield* entries.entries;
    }
  }
}

class EntryList {
  readonly entries: ShapedEntry[] = [];
  index = 0;
  readonly #shape: string;

  constructor(shape: string) {
    this.#shape = shape;
  }

  get count(): number {
    return this.entries.length;
  }

  addEvent(event: TelemetryEvent): void {
    this.entries.push({ kind: 'event', event, shape: this.#shape });
  }

  addPiece(event: TelemetryEvent): void {
    this.addEvent(event);
  }

  addQuarantined({
    reason,
    detail,
    payload: { body },
  }: {
    reason: string;
    detail: string;
    payload: { body: string };
  }): void {
    this.entries.push({ kind: 'refused', reason, detail, body, shape: this.#shape });
  }
}

interface RecordedDocument {
  readonly document: Document;
  readonly record: RecordFacts;
}

/** An event of Lambda holds records, each a document by itself; those of Kinesis, Firehose, SQS and SNS carry documents. */
function recordsIn(
  document: Document,
  ofFile: RecordFacts,
  shapes: readonly Shape[],
): readonly RecordedDocument[] {
  if (document.kind !== 'value') return [{ document, record: ofFile }];
  const { value, origin } = document;
  const data = recordedData(value);
  if (data !== undefined) return documentsIn(data.data, factsOf(data, ofFile), shapes);
  const logs = memberOf(memberOf(value, 'awslogs'), 'data');
  if (typeof logs === 'string') return documentsIn(logs, ofFile, shapes);
  const kept = firehoseData(value, ofFile);
  if (kept !== undefined) return documentsIn(kept.data, kept.record, shapes);
  const records = memberOf(value, 'Records') ?? memberOf(value, 'records');
  if (!Array.isArray(records)) return [{ document, record: ofFile }];
  const own = records.flatMap((each) => carriedIn(each, ofFile, shapes));
  if (own.length > 0) return own;
  const list: Document = {
    kind: 'value',
    hasBigints: document.hasBigints,
    value: records,
    origin: () => memberText(origin(), 'Records') ?? '[]',
  };
  return [{ document: list, record: ofFile }];
}

/** What a record of Kinesis, Firehose, SQS or SNS carries. */
function carriedIn(
  record: unknown,
  ofFile: RecordFacts,
  shapes: readonly Shape[],
): readonly RecordedDocument[] {
  const carried = recordedData(record);
  if (carried !== undefined) return documentsIn(carried.data, factsOf(carried, ofFile), shapes);
  const kept = firehoseData(record, ofFile);
  if (kept !== undefined) return documentsIn(kept.data, kept.record, shapes);
  const message = memberOf(record, 'body') ?? memberOf(memberOf(record, 'Sns'), 'Message');
  return typeof message === 'string' ? documentsOfText(message, ofFile, shapes) : [];
}

/** A record that Firehose hands to a function, or one that it could not deliver and has put aside with the error. */
function firehoseData(
  value: unknown,
  ofFile: RecordFacts,
): { readonly data: string; readonly record: RecordFacts } | undefined {
  const failed = memberOf(value, 'rawData');
  const data = failed ?? memberOf(value, 'data');
  const arrivalMs = memberOf(
    value,
    failed === undefined ? 'approximateArrivalTimestamp' : 'arrivalTimestamp',
  );
  if (typeof data !== 'string' || typeof arrivalMs !== 'number') return undefined;
  return { data, record: { ...ofFile, arrivalMs } };
}

function recordedData(value: unknown): RecordedKinesisRecord | undefined {
  const entry = readRecordingEntry(value, 1);
  return typeof entry !== 'string' && entry.kind === 'kinesis' ? entry : undefined;
}

function factsOf({ partitionKey, arrivalMs }: RecordedKinesisRecord, ofFile: RecordFacts): RecordFacts {
  return { ...ofFile, partitionKey, arrivalMs };
}

/** `data`: base64. */
function documentsIn(
  data: string,
  record: RecordFacts,
  shapes: readonly Shape[],
): readonly RecordedDocument[] {
  const bytes = plainBytes(Buffer.from(data, 'base64'));
  const text = bytes === undefined ? undefined : utf8Text(bytes);
  const detail = `data: found ${data.length} characters of base64, expected JSON, plain or compressed`;
  if (text === undefined)
    return [
      { document: { kind: 'unreadable', refusal: { reason: 'not-utf8', detail }, text: data }, record },
    ];
  return documentsOfText(text, record, shapes);
}

function documentsOfText(
  text: string,
  record: RecordFacts,
  shapes: readonly Shape[],
): readonly RecordedDocument[] {
  const found = documentsOf(text, { shapes, record, most: ALL, budget: new UnpackBudget() });
  if (found.kind === 'documents') return found.documents.map((document) => ({ document, record }));
  return [{ document: { kind: 'unreadable', refusal: found.refusal, text }, record }];
}

export interface FileDocuments {
  readonly documents: readonly unknown[];
  readonly format: ShapeFormat;
}

/** What the file holds before any shape makes events of it, for a guess. @throws RecordingError */
export async function readDocuments(file: string, shapes: readonly Shape[]): Promise<FileDocuments> {
  const text = await readText(file);
  const ofFile: RecordFacts = { partitionKey: nameOf(file), arrivalMs: undefined, route: undefined };
  const reading = { shapes, record: ofFile, most: MAX_GUESSED, budget: new UnpackBudget() };
  const found = documentsOf(text, reading);
  if (found.kind === 'refused') throw refusedFile(file, text, found.refusal);
  const [shaped] = found.documents.filter((document) => document.kind === 'shaped');
  const documents = found.documents
    .flatMap((document) => recordsIn(document, ofFile, shapes))
    .flatMap(({ document }) => (document.kind === 'unreadable' ? [] : [plainValue(document)]));
  return { documents, format: shaped?.shape.format ?? 'json' };
}

function plainValue(document: Exclude<Document, { kind: 'unreadable' }>): unknown {
  return document.kind === 'value' && document.hasBigints ? withDoubles(document.value) : document.value;
}

const MAX_GUESSED = 1_000;

async function readText(input: RecordingInput, maxBytes = MAX_FILE_BYTES): Promise<string> {
  const file = typeof input === 'string' ? input : input.name;
  const packed = typeof input === 'string' ? createReadStream(input) : input.chunks;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of plainChunks(file, packed)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= maxBytes) continue;
    const problem = `found more than ${maxBytes} bytes, expected at most that: cut it into several files`;
    throw new RecordingError('malformed', { file }, problem);
  }
  const whole = Buffer.concat(chunks);
  const text = utf8Text(whole);
  if (text === undefined) throw new RecordingError('foreign', { file }, notUtf8(whole));
  if (text.trim() !== '') return text;
  throw new RecordingError('foreign', { file }, 'found an empty file, expected telemetry');
}

function refusedFile(file: string, text: string, { reason, detail }: Refusal): RecordingError {
  if (reason !== 'not-json') return new RecordingError('malformed', { file }, detail);
  const [first = ''] = text.trimStart().split('\n', 1);
  const problem = `found ${quote(first)}, expected JSON, or a form of text that the shapes read: CSV with a header, line protocol, Prometheus, StatsD, Graphite, OpenTSDB, NMEA, GPX, topics with payloads`;
  return new RecordingError('malformed', { file }, problem);
}

/** Without folder and endings. */
function nameOf(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return name.replace(/(?<=.)(?:\.[A-Za-z0-9]{1,8}){1,2}$/, '') || 'file';
}
