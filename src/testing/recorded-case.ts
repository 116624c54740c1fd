// A recorded case: a folder with `pipeline.json` (and others that the events name), `events.ndjson` and `expected.csv`.
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describeFound, quote } from '../core/describe-found.ts';
import { isObject } from '../core/event-rules.ts';
import { readTextFile } from '../wire/read-text-file.ts';
import { readRecordingEntry } from '../wire/recording-entry.ts';
import { RecordingError } from '../wire/recording-error.ts';
import { CaseError } from './case-error.ts';
import type { Expectation } from './case-rows.ts';
import type { ItemToPut } from './pipeline-runner.ts';
import { isTestRecording, itemOf, itemsOfRecording, ownTimeMs, type PutItem, putAt } from './put-items.ts';
import { readExpected } from './read-expected.ts';

export interface RecordedCase {
  readonly name: string;
  readonly pipeline: CaseDefinition;
  readonly steps: readonly CaseStep[];
  readonly expected: Expectation;
}

/** Not checked: what is wrong with it is the case's failure. */
export interface CaseDefinition {
  readonly file: string;
  readonly definition: unknown;
}

export type CaseStep =
  | { readonly kind: 'put'; readonly item: ItemToPut }
  /** The closer runs. */
  | { readonly kind: 'close'; readonly atMs: number }
  /** The alert clock runs. */
  | { readonly kind: 'clock'; readonly atMs: number }
  /** TTL removes what has expired. */
  | { readonly kind: 'expire'; readonly atMs: number }
  | { readonly kind: 'deploy'; readonly pipeline: CaseDefinition }
  /** The batch ends. */
  | { readonly kind: 'flush' };

/** @throws CaseError for a folder that is no case, naming what is missing or wrong */
export async function readRecordedCase(folder: string): Promise<RecordedCase> {
  const [events, expected, pipeline] = await Promise.all([
    readText(folder, 'events.ndjson'),
    readText(folder, 'expected.csv'),
    readDefinition(folder, 'pipeline.json'),
  ]);
  const steps = await readSteps(events, folder);
  if (steps.length === 0)
    throw new CaseError(`${join(folder, 'events.ndjson')}: found no line, expected an event a line`);
  return {
    name: basename(resolve(folder)),
    pipeline,
    steps,
    expected: readExpected(expected, join(folder, 'expected.csv')),
  };
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readTextFile(join(folder, name));
  } catch (cause) {
    if (cause instanceof RecordingError && cause.code !== 'unreadable')
      throw new CaseError(cause.message, { cause });
    const expected = 'expected a recorded case: a folder with pipeline.json, events.ndjson and expected.csv';
    throw new CaseError(`${folder}: ${await problemWith(folder, name, cause)}, ${expected}`, { cause });
  }
}

async function problemWith(folder: string, name: string, cause: unknown): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return 'found nothing there';
  if (!found.isDirectory()) return 'found a file';
  const code = cause instanceof RecordingError && isObject(cause.cause) ? cause.cause['code'] : undefined;
  return `found no readable ${name} (${code ?? String(cause)})`;
}

async function readDefinition(folder: string, name: string): Promise<CaseDefinition> {
  const file = join(folder, name);
  return { file, definition: parseJson(await readText(folder, name), file) };
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CaseError(`${where}: found ${quote(text)}, expected JSON: ${String(cause)}`, { cause });
  }
}

/**
 * A stream also carries what some writers take for numbers and JSON does not: NaN and Infinity. Such a line goes in as it is; this is what
 * the rest of it says, for its source and arrival.
 */
function parseLine(line: string, where: string): unknown {
  if (line.search(NO_JSON_NUMBER) < 0 || isJson(line)) return parseJson(line, where);
  const json = line.replaceAll(NO_JSON_NUMBER, 'null');
  return parseJson(isJson(json) ? json : line, where);
}

const NO_JSON_NUMBER = /(?<=[:,[]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function readSteps(text: string, folder: string): Promise<readonly CaseStep[]> {
  const steps: CaseStep[] = [];
  let latestMs = 0;
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${join(folder, 'events.ndjson')}, line ${at + 1}`;
    const parsed = parseLine(line, where);
    for await (const item of recordedItems(parsed, folder, where)) {
      const placed = putAt(item, latestMs);
      latestMs = Math.max(latestMs, placed.arrivalMs);
      steps.push({ kind: 'put', item: placed });
    }
    if (isObject(parsed) && RECORDING in parsed) continue;
    const step = await readControl(parsed, folder, where);
    if (step !== undefined) {
      steps.push(step);
      continue;
    }
    const item = readRecord({ line, parsed, number: at + 1, latestMs }, where);
    latestMs = Math.max(latestMs, item.arrivalMs);
    steps.push({ kind: 'put', item });
  }
  return steps;
}

const RECORDING = '$recording';

/** `{"$recording": "events"}` or `{"$recording": {"recording": "events", "from": …}}`: a file or a folder, as seen from the case. */
async function* recordedItems(parsed: unknown, folder: string, where: string): AsyncIterable<PutItem> {
  if (!isObject(parsed) || !(RECORDING in parsed)) return;
  const value = parsed[RECORDING];
  const input = typeof value === 'string' ? { recording: value } : value;
  if (!isObject(input) || !isTestRecording(input)) {
    const expected = 'expected a path, or an object with one as its recording';
    throw new CaseError(`${where}: ${RECORDING}: found ${describeFound(value)}, ${expected}`);
  }
  const { recording } = input;
  const path = recording.startsWith('s3://') ? recording : join(folder, recording);
  try {
    yield* itemsOfRecording({ ...input, recording: path });
  } catch (cause) {
    throw new CaseError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function readControl(parsed: unknown, folder: string, where: string): Promise<CaseStep | undefined> {
  const [key, ...others] = isObject(parsed) ? Object.keys(parsed) : [];
  if (!isObject(parsed) || key === undefined || !key.startsWith('$')) return undefined;
  if (others.length > 0)
    throw new CaseError(`${where}: found ${[key, ...others].join(', ')}, expected one control`);
  const value = parsed[key];
  const atMs = () => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new CaseError(`${where}: ${key}: found ${describeFound(value)}, expected ms since the epoch`);
  };
  switch (key) {
    case '$close':
      return { kind: 'close', atMs: atMs() };
    case '$clock':
      return { kind: 'clock', atMs: atMs() };
    case '$expire':
      return { kind: 'expire', atMs: atMs() };
    case '$pipeline':
      if (typeof value === 'string') return { kind: 'deploy', pipeline: await readDefinition(folder, value) };
      throw new CaseError(`${where}: $pipeline: found ${describeFound(value)}, expected a file's name`);
    case '$flush':
      if (value === true) return { kind: 'flush' };
      throw new CaseError(`${where}: $flush: found ${describeFound(value)}, expected true`);
    default: {
      const expected = '$close, $clock, $pipeline, $expire, $flush or $recording';
      throw new CaseError(`${where}: found the control ${quote(key)}, expected ${expected}`);
    }
  }
}

interface CaseLine {
  readonly line: string;
  readonly parsed: unknown;
  readonly number: number;
  /** The latest arrival so far. */
  readonly latestMs: number;
}

/** The line itself is what the stream carries: numbers that no double holds and keys that stand twice are as written. */
function readRecord({ line, parsed, number, latestMs }: CaseLine, where: string): ItemToPut {
  if (isObject(parsed) && RECORD_KEYS.some((key) => key in parsed)) {
    const entry = readRecordingEntry(parsed, number);
    if (typeof entry === 'string') throw new CaseError(`${where}: ${entry}`);
    if (entry.kind !== 'event') return putAt(itemOf(entry), latestMs);
  }
  const { source, arrivedAt } = isObject(parsed) ? parsed : { source: undefined, arrivedAt: undefined };
  if (arrivedAt !== undefined && !(typeof arrivedAt === 'number' && Number.isFinite(arrivedAt))) {
    throw new CaseError(
      `${where}: arrivedAt: found ${describeFound(arrivedAt)}, expected ms since the epoch`,
    );
  }
  return {
    kind: 'record',
    partitionKey: typeof source === 'string' ? source : NO_SOURCE,
    data: Buffer.from(line),
    arrivalMs: arrivedAt ?? Math.max(ownTimeMs(parsed) ?? 0, latestMs),
  };
}

/** What Kinesis and DynamoDB records have, and events do not. */
const RECORD_KEYS = ['kinesis', 'dynamodb', 'sequenceNumber', 'SequenceNumber'] as const;

/** Events without a source go somewhere too. */
const NO_SOURCE = 'none';
