// The recordings of a replay, looked through once before anything is started: what they are and how much there is.
import { Buffer } from 'node:buffer';
import { kinesisEventRecord } from '../event-source/kinesis-record.ts';
import { MemoryStream } from '../event-source/memory-stream.ts';
import type { Clock } from '../platform/clock.ts';
import { RecordingError } from '../wire/recording-error.ts';
import { type EntryOptions, LeftOut, replayEntries } from './replay-entries.ts';

export interface RecordingSummary {
  readonly kind: 'event' | 'kinesis';
  readonly entries: number;
  /** Latest arrival of recorded Kinesis records. */
  readonly lastArrivalMs: number;
  /** What was left out of files in other forms. */
  readonly leftOut: LeftOut;
}

/** Reads every file to its end, so that a replay does not stop half way at a bad line. @throws RecordingError */
export async function summarizeRecordings(
  files: readonly string[],
  options: EntryOptions = {},
): Promise<RecordingSummary> {
  const leftOut = new LeftOut();
  let kind: RecordingSummary['kind'] | undefined;
  let entries = 0;
  let lastArrivalMs = 0;
  for (const file of files) {
    for await (const entry of replayEntries(file, options, leftOut)) {
      if (entry.kind === 'dynamodb') {
        const problem =
          'found a change of a DynamoDB table, expected telemetry events or Kinesis records: tables are what a replay makes';
        throw new RecordingError('unknown-shape', { file, line: entry.line }, problem);
      }
      kind ??= entry.kind;
      if (entry.kind !== kind) {
        const problem = `found a recording of ${entry.kind} entries after one of ${kind} entries: replay them one by one`;
        throw new RecordingError('mixed', { file, line: entry.line }, problem);
      }
      entries += 1;
      if (entry.kind === 'kinesis') lastArrivalMs = Math.max(lastArrivalMs, entry.arrivalMs);
    }
  }
  if (kind === undefined && leftOut.reasons.total === 0) {
    const problem = 'found nothing to replay, expected events or records';
    throw new RecordingError('foreign', { file: files.join(', ') }, problem);
  }
  return { kind: kind ?? 'event', entries, lastArrivalMs, leftOut };
}

/** Recorded Kinesis records as a stream that has come to its end: each in its shard, as it was. */
export async function recordedStream(
  files: readonly string[],
  clock: Clock,
  options: EntryOptions = {},
): Promise<MemoryStream> {
  const stream = new MemoryStream({ kind: 'kinesis', clock, shards: 0 });
  const shards = new Set<string>();
  for (const file of files) {
    for await (const entry of replayEntries(file, options)) {
      if (entry.kind !== 'kinesis') continue;
      const { shard, sequence, arrivalMs, partitionKey } = entry;
      if (!shards.has(shard)) stream.addShard(shard);
      shards.add(shard);
      const data = Buffer.from(entry.data, 'base64');
      const record = kinesisEventRecord({ shard, sequence, arrivalMs, partitionKey, data }, stream.arn);
      stream.append(shard, { sequence, arrivalMs, record });
    }
  }
  return stream;
}
