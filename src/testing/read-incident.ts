// An incident as it was captured: `incident.ndjson`, with the stream's records and the notes of the runs that handled them, a line each.
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { isObject } from '../core/event-rules.ts';
import { kinesisEventRecord } from '../event-source/kinesis-record.ts';
import { type NotedBatch, type RunNote, readRunNote } from '../stores/run-note.ts';
import { readArchivedRecord } from '../wire/archived-line.ts';
import type { RecordedKinesisRecord } from '../wire/recording-entry.ts';
import type { KinesisEventRecord } from '../wire/stream-records.ts';
import { IncidentError } from './incident-error.ts';

export interface Incident {
  /** In the order in which they are played. */
  readonly notes: readonly RunNote[];
  readonly records: IncidentRecords;
}

/** @throws IncidentError with the line that is neither a record nor a note */
export function readIncident(text: string, file: string): Incident {
  const records = new IncidentRecords();
  const notes: RunNote[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const read = readLine(line, at + 1);
    if (typeof read === 'string') throw new IncidentError(`${file}, line ${at + 1}: ${read}`);
    if ('partitionKey' in read) records.add(read);
    else notes.push(read);
  }
  if (notes.length === 0)
    throw new IncidentError(`${file}: found no note of a run, expected those of aggregate and close`);
  expectWhole(notes, file);
  return { notes, records };
}

/** A log may lose lines, and may be cut at either end. */
function expectWhole(notes: readonly RunNote[], file: string): void {
  for (const [run, of] of Map.groupBy(notes, (note) => note.run)) {
    const missing = of.findIndex(({ note }, at) => note !== at);
    if (missing < 0) continue;
    const found = of[missing]?.note;
    throw new IncidentError(
      `${file}: run ${run}: found its note ${found} behind ${missing} others, expected note ${missing}: the log that was captured lacks it`,
    );
  }
}

function readLine(line: string, lineNumber: number): RunNote | RecordedKinesisRecord | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    return `found no JSON: ${String(cause)}`;
  }
  if (!isObject(parsed) || !('sequence' in parsed)) return readRunNote(parsed);
  const { shard, sequence, arrivalMs } = parsed;
  if (typeof shard !== 'string' || typeof sequence !== 'string' || typeof arrivalMs !== 'number')
    return 'found a record without shard, sequence or arrivalMs, expected all three';
  // the stream's own names, as they were recorded
  const place = { shard: shard as ShardId, lineNumber };
  const named = { sequence: sequence as SequenceNumber, arrivalMs, fields: parsed };
  const record = readArchivedRecord(named, place);
  if (typeof record === 'string' || record.kind === 'kinesis') return record;
  return 'found a change of a table, expected a record of the telemetry stream';
}

/** The records of the stream, by shard in order. */
export class IncidentRecords {
  readonly #byShard = new Map<string, RecordedKinesisRecord[]>();

  add(record: RecordedKinesisRecord): void {
    const shard = this.#byShard.get(record.shard) ?? [];
    this.#byShard.set(record.shard, shard);
    shard.push(record);
  }

  /** As the mapping handed them in. @throws IncidentError where they are not all there */
  batch({ stream, shard, first, last, records: count }: NotedBatch): readonly KinesisEventRecord[] {
    const [from, to] = [BigInt(first), BigInt(last)];
    const found = (this.#byShard.get(shard) ?? []).filter(({ sequence }) => {
      const at = BigInt(sequence);
      return at >= from && at <= to;
    });
    if (found.length !== count) {
      throw new IncidentError(
        `shard ${shard}: found ${found.length} records from ${first} to ${last}, expected ${count}: those that the batch had`,
      );
    }
    return found.map(({ data, ...datum }) =>
      kinesisEventRecord({ ...datum, data: Buffer.from(data, 'base64') }, stream),
    );
  }
}
