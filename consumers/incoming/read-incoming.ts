// A dropped file as the events that the stream would have made of it, in order, and what is none.

import { isArchiveHeader } from '../../src/core/archive/archived-object.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { askedStates } from '../../src/core/pipeline/asked-states.ts';
import { askedTags } from '../../src/core/pipeline/asked-tags.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { BUILT_IN_SHAPES } from '../../src/core/shape/built-in-shapes.ts';
import { shapesAt } from '../../src/core/shape/cutting.ts';
import { readShape } from '../../src/core/shape/read-shape.ts';
import type { Shape } from '../../src/core/shape/shape.ts';
import type { SetAsideValues } from '../../src/wire/decoded-item.ts';
import { plainChunks } from '../../src/wire/plain-chunks.ts';
import { plainLines } from '../../src/wire/plain-lines.ts';
import { type RawEvent, rawEvent, wholeEvent } from '../../src/wire/raw-event.ts';
import { decodeRecord } from '../../src/wire/record-codec.ts';
import type { RecordingEntry } from '../../src/wire/recording-entry.ts';
import { RecordingError } from '../../src/wire/recording-error.ts';
import { type RecordingInput, readRecording } from '../../src/wire/recordings.ts';
import { readShapedFile } from '../../src/wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../../src/wire/shapes/skipped-paths.ts';

export type IncomingItem =
  | { readonly kind: 'event'; readonly event: RawEvent }
  /** `body`: its own text. */
  | { readonly kind: 'bad'; readonly reason: string; readonly detail: string; readonly body: string };

export type IncomingForm = 'events' | 'kinesis' | 'shape';

export interface IncomingFile {
  /** Below `incoming/`. */
  readonly name: string;
  readonly body: Uint8Array;
}

export interface OpenedFile {
  readonly form: IncomingForm;
  readonly items: AsyncIterable<IncomingItem>;
}

type Reading = Pick<Pipeline, 'shapes' | 'aggregations'>;

/** What a file may unpack to: it is read through whenever a run goes on with it. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
/** And one in another form, which is read whole. */
const MAX_SHAPED_BYTES = 32 * 1024 * 1024;

/**
 * A first folder that is the name of a shape says how a file is read; else it is a recording, or in one of the pipeline's shapes, or in
 * one of those that are built in. The same file gives the same items, under the same pipeline.
 * @throws RecordingError; also while items are read
 */
export async function openIncoming(file: IncomingFile, pipeline: Reading): Promise<OpenedFile> {
  const named = shapeNamed(file.name.split('/', 1)[0] ?? '', pipeline.shapes);
  const kind = await kindOf(file);
  if (kind === 'kinesis' || (kind === 'event' && named === undefined))
    return { form: kind === 'event' ? 'events' : kind, items: recordedItems(file, pipeline) };
  // What is left are documents in other forms, changes of a table among them.
  const shapes = named === undefined ? [...pipeline.shapes, ...othersThan(pipeline.shapes)] : [named];
  return { form: 'shape', items: shapedItems(file, shapes, pipeline) };
}

/** undefined: it is no recording. */
async function kindOf(file: IncomingFile): Promise<RecordingEntry['kind'] | undefined> {
  try {
    for await (const { kind } of readRecording(inputOf(file))) return kind;
  } catch (error) {
    if (!(error instanceof RecordingError) || error.code === 'truncated') throw error;
    if (await beginsAsArchive(file)) throw error;
  }
  return undefined;
}

/** An archive's object of another version is nothing else. */
async function beginsAsArchive({ name, body }: IncomingFile): Promise<boolean> {
  try {
    for await (const [first = ''] of plainLines(name, unpacked(name, body)))
      return isArchiveHeader(JSON.parse(first));
  } catch (error) {
    if (!(error instanceof RecordingError) && !(error instanceof SyntaxError)) throw error;
  }
  return false;
}

async function* recordedItems(file: IncomingFile, pipeline: Reading): AsyncGenerator<IncomingItem> {
  const states = askedStates(pipeline);
  const shapes = pipeline.shapes.length === 0 ? undefined : pipeline.shapes;
  const tags = askedTags(pipeline);
  for await (const entry of readRecording(inputOf(file))) {
    if (entry.kind === 'dynamodb') continue; // a recording holds one kind, and this one has been looked at
    const { data, ...record } = recordOf(entry);
    const shaping = shapes && {
      shapes: shapesAt(shapes, record.arrivalMs),
      skipped: new SkippedPaths(),
      askedTags: tags,
      states,
      record,
    };
    for (const item of decodeRecord(data, shaping, states)) {
      if (item.kind === 'event') yield eventItem(item.event, item.setAside, entry.line);
      else {
        const { reason, detail, payload } = item;
        yield { kind: 'bad', reason, detail: `line ${entry.line}: ${detail}`, body: payload.body };
      }
    }
  }
}

/** Values that do not count can be of any size; no call takes what is larger. */
const MAX_EVENT_BYTES = 200_000;

function eventItem(event: TelemetryEvent, setAside: SetAsideValues | undefined, line: number): IncomingItem {
  if (setAside === undefined) return { kind: 'event', event: rawEvent(event) };
  const { body } = setAside.payload;
  const bytes = Buffer.byteLength(body);
  if (bytes <= MAX_EVENT_BYTES) return { kind: 'event', event: wholeEvent(event, setAside) };
  const detail = `line ${line}: found an event of ${bytes} bytes, expected at most ${MAX_EVENT_BYTES}`;
  return { kind: 'bad', reason: 'too-large', detail, body: body.slice(0, 1_000) };
}

/** As the stream would have it. */
function recordOf(entry: Exclude<RecordingEntry, { readonly kind: 'dynamodb' }>) {
  if (entry.kind === 'kinesis')
    return {
      data: entry.data,
      partitionKey: entry.partitionKey,
      arrivalMs: entry.arrivalMs,
      route: undefined,
    };
  const data = Buffer.from(JSON.stringify(entry.raw)).toString('base64');
  return { data, partitionKey: entry.source, arrivalMs: entry.arrivedAt, route: undefined };
}

async function* shapedItems(
  file: IncomingFile,
  shapes: readonly Shape[],
  pipeline: Reading,
): AsyncGenerator<IncomingItem> {
  const options = {
    shapes,
    skipped: new SkippedPaths(),
    askedTags: askedTags(pipeline),
    states: askedStates(pipeline),
    maxBytes: MAX_SHAPED_BYTES,
  };
  for await (const entry of readShapedFile(inputOf(file), options)) {
    if (entry.kind === 'event') yield { kind: 'event', event: rawEvent(entry.event) };
    else yield { kind: 'bad', reason: entry.reason, detail: entry.detail, body: entry.body };
  }
}

function shapeNamed(name: string, own: readonly Shape[]): Shape | undefined {
  return own.find((shape) => shape.name === name) ?? builtIn(name);
}

function othersThan(own: readonly Shape[]): readonly Shape[] {
  return [...BUILT_IN_SHAPES.keys()]
    .filter((name) => own.every((shape) => shape.name !== name))
    .flatMap((name) => builtIn(name) ?? []);
}

function builtIn(name: string): Shape | undefined {
  return BUILT_IN_SHAPES.has(name)
    ? readShape(name, name, { problems: [], builtIn: BUILT_IN_SHAPES })
    : undefined;
}

function inputOf({ name, body }: IncomingFile): Exclude<RecordingInput, string> {
  return { name, chunks: unpacked(name, body) };
}

/** Unpacked here, so that what it comes to is bounded. */
async function* unpacked(name: string, body: Uint8Array): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of plainChunks(name, pieces(body))) {
    bytes += chunk.length;
    if (bytes > MAX_UNPACKED_BYTES) {
      const problem = `found more than ${MAX_UNPACKED_BYTES} bytes when unpacked, expected at most that: cut the file into several`;
      throw new RecordingError('malformed', { file: name }, problem);
    }
    yield chunk;
  }
}

const PIECE_BYTES = 1024 * 1024;

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < body.length; from += PIECE_BYTES) yield body.subarray(from, from + PIECE_BYTES);
}
