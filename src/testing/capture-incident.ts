// Makes an incident of the log lines of its functions and the archive of their stream: the notes in order, and the records that they name.

import type { SequenceNumber } from '../core/brands.ts';
import { isObject } from '../core/event-rules.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import { NOTE_FIELD, type RunNote, readRunNote } from '../stores/run-note.ts';
import type { RecordedKinesisRecord } from '../wire/recording-entry.ts';
import { utf8Text } from '../wire/utf8-text.ts';
import { IncidentError } from './incident-error.ts';

/**
 * The notes in log lines, in the order in which they were written. Lines may be those of a function (JSON), what `aws logs tail` prints, or
 * the answer of `aws logs filter-log-events`; lines without a note are passed over.
 */
export function notesInLogs(texts: readonly string[]): readonly RunNote[] {
  const pieces = new Map<string, string[]>();
  const notes = new Map<string, RunNote>();
  for (const text of texts)
    for (const found of foundIn(text)) {
      const parsed = typeof found['piece'] === 'number' ? joined(pieces, found) : found;
      if (parsed === undefined) continue;
      const note = readRunNote(parsed);
      if (typeof note === 'string') throw new IncidentError(`a note in the log: ${note}`);
      notes.set(`${note.run} ${note.note}`, note);
    }
  return inOrder([...notes.values()]);
}

function* foundIn(text: string): Iterable<Readonly<Record<string, unknown>>> {
  for (const message of messagesOf(text)) {
    const from = message.indexOf('{');
    if (from < 0 || !message.includes(NOTE_FIELD)) continue;
    const parsed = parsedOrNothing(message.slice(from));
    const note = isObject(parsed) ? parsed[NOTE_FIELD] : undefined;
    if (isObject(note)) yield note;
  }
}

function messagesOf(text: string): readonly string[] {
  const whole = text.trimStart().startsWith('{') ? parsedOrNothing(text) : undefined;
  const events = isObject(whole) ? whole['events'] : undefined;
  if (!Array.isArray(events)) return text.split('\n');
  return events.flatMap((event: unknown) =>
    isObject(event) && typeof event['message'] === 'string' ? [event['message']] : [],
  );
}

function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a line of another kind
  }
}

/** The note, once all its pieces are there. */
function joined(
  pieces: Map<string, string[]>,
  { run, note, piece, of, text }: Readonly<Record<string, unknown>>,
): unknown {
  if (typeof piece !== 'number' || typeof of !== 'number' || typeof text !== 'string') return undefined;
  const key = `${String(run)} ${String(note)}`;
  const known = pieces.get(key) ?? [];
  pieces.set(key, known);
  known[piece] = text;
  const present = known.filter((each) => each !== undefined);
  return present.length === of ? parsedOrNothing(present.join('')) : undefined;
}

/** By time; a run's own in their order, whatever its clock did. */
function inOrder(notes: readonly RunNote[]): readonly RunNote[] {
  const placed: { readonly atMs: number; readonly note: RunNote }[] = [];
  for (const of of Map.groupBy(notes, ({ run }) => run).values()) {
    let atMs = 0;
    for (const note of of.toSorted((a, b) => a.note - b.note)) {
      atMs = Math.max(atMs, note.atMs);
      placed.push({ atMs, note });
    }
  }
  return placed.toSorted((a, b) => a.atMs - b.atMs).map(({ note }) => note);
}

/** Whether any of the runs was handed a record. */
export function recordsNamedBy(
  notes: readonly RunNote[],
): (record: Pick<RecordedKinesisRecord, 'shard' | 'sequence'>) => boolean {
  const ranges = new Map<string, Range[]>();
  for (const note of notes) {
    if (note.kind !== 'begin' || note.batch === undefined) continue;
    const { shard, first, last } = note.batch;
    // as the stream named them
    const range = { first: first as SequenceNumber, last: last as SequenceNumber };
    ranges.set(shard, [...(ranges.get(shard) ?? []), range]);
  }
  const merged = new Map([...ranges].map(([shard, of]) => [shard, mergedRanges(of)]));
  return ({ shard, sequence }) =>
    (merged.get(shard) ?? []).some(
      ({ first, last }) =>
        compareSequenceNumbers(first, sequence) <= 0 && compareSequenceNumbers(sequence, last) <= 0,
    );
}

interface Range {
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
}

/** Batches that come again overlap: few are left. */
function mergedRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => compareSequenceNumbers(a.first, b.first))) {
    const before = merged.at(-1);
    if (before === undefined || compareSequenceNumbers(range.first, before.last) > 0) merged.push(range);
    else if (compareSequenceNumbers(range.last, before.last) > 0)
      merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
}

/** A record's line of an incident. */
export function incidentLine({
  shard,
  sequence,
  arrivalMs,
  partitionKey,
  data,
}: RecordedKinesisRecord): string {
  const bytes = Buffer.from(data, 'base64');
  const text = utf8Text(bytes);
  const content = text === undefined ? { base64: data } : { text };
  return JSON.stringify({ shard, sequence, arrivalMs, partitionKey, ...content });
}
