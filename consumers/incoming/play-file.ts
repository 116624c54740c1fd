// Checks one dropped file, puts its events into the stream, and says what became of it. May end between any two calls, and be done
// again, by several at once too: events that come into the stream twice have the same ids, and count once.
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { OutgoingStream } from '../../src/platform/outgoing-stream.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { RecordingError } from '../../src/wire/recording-error.ts';
import { checkFile, type FileCheck } from './check-file.ts';
import { ContentProgresses, type NewProgress } from './content-progress.ts';
import { hashOf, incomingKey, quarantineKey, reportKey } from './incoming-keys.ts';
import { type IncomingFile, openIncoming } from './read-incoming.ts';
import type { IncomingProblem, IncomingReport } from './report.ts';
import { CHUNK_LIMITS, type ChunkLimits, chunksOf, putChunk } from './send-events.ts';

export interface PlayDeps {
  readonly pipeline: Pick<Pipeline, 'shapes' | 'aggregations'>;
  readonly bucket: Objects;
  readonly stream: OutgoingStream;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether there is time for another chunk. */
  readonly hasTime: () => boolean;
  /** Default: what the stream takes. */
  readonly limits?: ChunkLimits;
}

export type Played =
  | {
      readonly kind: 'reported';
      readonly report: IncomingReport;
      /** Put into the stream by this run. */
      readonly events: number;
    }
  /** It is no longer there. */
  | { readonly kind: 'gone' }
  /** Time is up, or somebody else is at it; `events` have been put into the stream by this run. */
  | { readonly kind: 'unfinished'; readonly events: number };

/** Bytes of a file as it is dropped: it is in memory while it is played. */
export const MAX_FILE_BYTES = 128 * 1024 * 1024;

export async function playFile(name: string, deps: PlayDeps): Promise<Played> {
  const { bucket } = deps;
  const size = await sizeOf(bucket, incomingKey(name));
  if (size === undefined) return { kind: 'gone' };
  const about = { file: name, size };
  if (size > MAX_FILE_BYTES) {
    const detail = `found ${size} bytes, expected at most ${MAX_FILE_BYTES}: cut the file into several`;
    return await refuse({ ...about, sha256: undefined }, { code: 'too-large', detail }, deps);
  }
  const stored = await bucket.get(incomingKey(name));
  if (stored === undefined) return { kind: 'gone' };
  const file = { name, body: stored.body };
  const facts = { file: name, size: stored.body.length, sha256: hashOf(stored.body) };
  try {
    return await playContents(file, facts, deps);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return await refuse(facts, problem, deps);
  }
}

/** Refuses a file with which every run ends before it has put anything into the stream, for a reason that no run can report. */
export async function refuseForGood(name: string, deps: PlayDeps): Promise<Played> {
  const size = (await sizeOf(deps.bucket, incomingKey(name))) ?? 0;
  const detail =
    'found every run with it ended before its time, expected one that does not: look at the logs, and drop it again';
  return await refuse({ file: name, size, sha256: undefined }, { code: 'given-up', detail }, deps);
}

type Facts = Pick<IncomingReport, 'file' | 'size' | 'sha256'>;

async function playContents(
  file: IncomingFile,
  facts: Facts & { readonly sha256: string },
  deps: PlayDeps,
): Promise<Played> {
  const check = await checkFile(await openIncoming(file, deps.pipeline));
  const sent = await sendContents(file, facts.sha256, check, deps);
  if (sent.kind === 'unfinished') return sent;
  if (sent.kind === 'changed') {
    const detail =
      'found its contents read in another way than when it was begun, expected the same: drop what is missing as another file';
    return await refuse(facts, { code: 'changed', detail }, deps, sent.events);
  }
  const { quarantine, digest: _, ...contents } = check;
  const withLines = quarantine.length > 0;
  if (withLines) await deps.bucket.put(quarantineKey(file.name), quarantine);
  const report: IncomingReport = {
    tidemill: 'incoming report',
    version: 1,
    ...facts,
    outcome: 'played',
    ...(sent.file === file.name ? {} : { playedAs: sent.file }),
    contents,
    ...(withLines ? { quarantine: quarantineKey(file.name) } : {}),
  };
  await putReport(report, deps);
  return { kind: 'reported', report, events: sent.events };
}

type Sent =
  | { readonly kind: 'done'; readonly file: string; readonly events: number }
  | { readonly kind: 'unfinished'; readonly events: number }
  /** The pipeline reads the file in another way than when it was begun. */
  | { readonly kind: 'changed'; readonly events: number };

async function sendContents(
  file: IncomingFile,
  sha256: string,
  check: FileCheck,
  deps: PlayDeps,
): Promise<Sent> {
  const progresses = new ContentProgresses(deps.bucket);
  const known = await progresses.get(sha256);
  let progress: NewProgress = known?.progress ?? {
    file: file.name,
    digest: check.digest,
    upTo: 0,
    events: 0,
    done: false,
  };
  if (progress.done) return { kind: 'done', file: progress.file, events: 0 };
  if (progress.digest !== check.digest) return { kind: 'changed', events: progress.events };
  let tag = known?.tag;
  const before = progress.events;
  const { items } = await openIncoming(file, deps.pipeline);
  const { limits = CHUNK_LIMITS } = deps;
  for await (const chunk of chunksOf(items, { from: progress.upTo, ids: idsOf(sha256), limits })) {
    if (!deps.hasTime()) return { kind: 'unfinished', events: progress.events - before };
    await putChunk(chunk, deps);
    progress = { ...progress, upTo: chunk.upTo, events: progress.events + chunk.events };
    tag = await progresses.put(sha256, progress, tag);
    if (tag === undefined) return { kind: 'unfinished', events: progress.events - before };
  }
  const stored = await progresses.put(sha256, { ...progress, done: true }, tag);
  return stored === undefined
    ? { kind: 'unfinished', events: progress.events - before }
    : { kind: 'done', file: progress.file, events: progress.events - before };
}

/** Prefix of ids, from the file's contents alone: a file that is dropped twice gives the same ids. */
const idsOf = (sha256: string) => `file-${sha256.slice(0, 32)}`;

async function refuse(facts: Facts, problem: IncomingProblem, deps: PlayDeps, sent = 0): Promise<Played> {
  const report: IncomingReport = {
    tidemill: 'incoming report',
    version: 1,
    ...facts,
    outcome: 'refused',
    problem,
    ...(sent === 0 ? {} : { sent }),
  };
  await putReport(report, deps);
  return { kind: 'reported', report, events: 0 };
}

async function putReport(report: IncomingReport, { bucket }: PlayDeps): Promise<void> {
  await bucket.put(reportKey(report.file), Buffer.from(`${JSON.stringify(report, null, 1)}\n`));
}

/** undefined: it says nothing of the file. */
function problemOf(error: unknown): IncomingProblem | undefined {
  return error instanceof RecordingError ? { code: error.code, detail: error.message } : undefined;
}

async function sizeOf(bucket: Objects, key: string): Promise<number | undefined> {
  // What a listing of all that begins with the key begins with is the key itself, where it is there.
  for await (const listed of bucket.list(key)) return listed.key === key ? listed.size : undefined;
  return undefined;
}
