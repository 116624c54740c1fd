// Changelog records to what each one means downstream: closed windows to store, late events, additions to rollups.
import { asSent } from '../../src/core/as-sent.ts';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { clockSkewProblem, oldTimeProblem } from '../../src/core/event-problems.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import {
  closedSourceWindows,
  contributionsAfterMissed,
  contributionsMissed,
  contributionsOf,
  contributionsPutBack,
} from '../../src/core/rollup.ts';
import type { Letter } from '../../src/core/source-state.ts';
import type { ChangedWindows } from '../../src/core/state-changes.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { SOURCES_TABLE } from '../../src/platform/names.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import { checkOf } from '../../src/stores/source-states.ts';
import { type ChangeRecord, readChangeRecord } from '../../src/wire/change-record.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

/** What one change of one source brings. */
export interface SourceChange {
  readonly source: string;
  readonly sequence: SequenceNumber;
  /** To the second. */
  readonly madeMs: number;
  /** Version of the state written: it rises with every change of the source. */
  readonly version: number;
  readonly closed: readonly StoredWindow[];
  /** Late events, and those their source had no room for. */
  readonly letters: readonly DeadLetter[];
  readonly contributions: readonly Contribution[];
  /** The windows of the state before and after: for whoever watches the source. */
  readonly before: ChangedWindows | undefined;
  readonly after: ChangedWindows;
  /** Arrival of the latest event folded in: retention is counted from it as well as from the window itself. */
  readonly lastArrivalMs: number;
}

/** A change whose state after it cannot be read: what it brought is missing downstream until that is rebuilt. */
export interface UnreadChange
  extends Pick<
    SourceChange,
    'source' | 'sequence' | 'madeMs' | 'version' | 'contributions' | 'lastArrivalMs'
  > {
  readonly letter: DeadLetter;
}

/** A source's item was taken away: what it had open goes out of the rollups. What it had closed stays. */
export type ErasedChange = Pick<
  SourceChange,
  'source' | 'sequence' | 'madeMs' | 'version' | 'contributions' | 'lastArrivalMs'
>;

export interface DecodedChanges {
  readonly changes: readonly SourceChange[];
  readonly erased: readonly ErasedChange[];
  readonly unread: readonly UnreadChange[];
  readonly fences: readonly Fence[];
}

/** A request to be notified once all changes of a source up to here are processed. */
export interface Fence {
  readonly source: string;
  readonly mark: string;
  readonly sequence: SequenceNumber;
}

/** Removals by TTL are housekeeping, and left out. */
export function decodeChanges(records: readonly DynamoDbEventRecord[], pipeline: Pipeline): DecodedChanges {
  const changes: SourceChange[] = [];
  const erased: ErasedChange[] = [];
  const unread: UnreadChange[] = [];
  const fences: Fence[] = [];
  for (const record of records) {
    const change = readChangeRecord(record);
    const source = change.key[SOURCES_TABLE.partitionKey];
    const after = change.newImage?.[SOURCES_TABLE.state];
    const before = change.oldImage?.[SOURCES_TABLE.state];
    if (change.kind === 'housekeeping' || typeof source !== 'string') continue;
    const madeMs = record.dynamodb.ApproximateCreationDateTime * 1_000;
    if (change.newImage === undefined && isState(before)) {
      const gone = erasedChange(source, before, { ...change, madeMs, pipeline });
      if (gone !== undefined) erased.push(gone);
    }
    if (!isState(after)) continue;
    const mark = change.newImage?.[SOURCES_TABLE.fence];
    if (typeof mark === 'string' && mark !== change.oldImage?.[SOURCES_TABLE.fence])
      fences.push({ source, mark, sequence: change.sequence });
    if (isState(before) && isSame(after, before)) continue; // another attribute was changed, by hand or by a hold
    const version = versionOf(change.newImage) ?? (versionOf(change.oldImage) ?? 0) + 1;
    const then = isState(before) ? attemptDecode(source, before) : undefined;
    const now = versionOf(change.newImage) === undefined ? UNVERSIONED : attemptDecode(source, after);
    const { sequence } = change;
    if (now.kind === 'unreadable') {
      const lastArrivalMs = madeMs;
      const letter = toUnreadLetter({ source, sequence, detail: now.detail, lastArrivalMs, after });
      const contributions = then?.kind === 'read' ? contributionsMissed(source, then.windows, pipeline) : [];
      unread.push({ source, sequence, madeMs, version, contributions, lastArrivalMs, letter });
      continue;
    }
    const { windows } = now;
    const known = then?.kind === 'read' ? then.windows : undefined;
    const contribute = isPutBack(change, version, after) ? contributionsPutBack : contributionsOf;
    changes.push({
      source,
      sequence,
      madeMs,
      version,
      closed: closedSourceWindows(source, windows),
      letters: windows.letters.map(toDeadLetter),
      contributions:
        then?.kind === 'unreadable'
          ? contributionsAfterMissed(source, windows, pipeline)
          : contribute(source, known, windows, pipeline),
      before: known,
      after: windows,
      lastArrivalMs: windows.lastArrivalMs,
    });
  }
  return { changes, erased, unread, fences };
}

/**
 * Whoever writes raises the version by one, and says which state the new one was made from: if either is otherwise, somebody has put a
 * state back, by hand or by a restore.
 */
function isPutBack(
  { oldImage, newImage }: Pick<ChangeRecord, 'oldImage' | 'newImage'>,
  version: number,
  after: EncodedState,
): boolean {
  const then = oldImage === undefined ? 0 : versionOf(oldImage);
  if (then !== undefined && version !== then + 1) return true;
  const [follows, check] = [SOURCES_TABLE.follows, SOURCES_TABLE.check].map((name) => newImage?.[name]);
  // A release that knows of neither leaves both as they were, of a state before.
  if (typeof follows !== 'number' || typeof after === 'string' || check !== checkOf(after)) return false;
  return follows !== checkBefore(oldImage);
}

function checkBefore(oldImage: ChangeRecord['oldImage']): unknown {
  const before = oldImage?.[SOURCES_TABLE.state];
  const noted = oldImage?.[SOURCES_TABLE.check];
  // A rebuild keeps only the state of what was there before.
  return noted === undefined && before instanceof Uint8Array ? checkOf(before) : noted;
}

/** undefined: what it held cannot be read. */
function erasedChange(
  source: string,
  before: EncodedState,
  {
    sequence,
    oldImage,
    madeMs,
    pipeline,
  }: Pick<ChangeRecord, 'sequence' | 'oldImage'> & { readonly madeMs: number; readonly pipeline: Pipeline },
): ErasedChange | undefined {
  const then = attemptDecode(source, before);
  if (then.kind === 'unreadable') return undefined;
  const version = versionOf(oldImage) ?? 0;
  const contributions = contributionsPutBack(source, then.windows, undefined, pipeline);
  return { source, sequence, madeMs, version, contributions, lastArrivalMs: then.windows.lastArrivalMs };
}

function versionOf(image: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const version = image?.[SOURCES_TABLE.version];
  return typeof version === 'number' ? version : undefined;
}

type Decoded =
  | { readonly kind: 'read'; readonly windows: ChangedWindows }
  | { readonly kind: 'unreadable'; readonly detail: string };

/** What it brings cannot be told from what came before. */
const UNVERSIONED: Decoded = { kind: 'unreadable', detail: 'found no version, expected a number' };

/** One state that cannot be read must not keep all others of its shard waiting. */
function attemptDecode(source: string, state: EncodedState): Decoded {
  try {
    return { kind: 'read', windows: decodeChangedWindows(source, state) };
  } catch (error) {
    return { kind: 'unreadable', detail: String(error) };
  }
}

function toUnreadLetter(change: {
  readonly source: string;
  readonly sequence: SequenceNumber;
  readonly detail: string;
  readonly lastArrivalMs: number;
  readonly after: EncodedState;
}): DeadLetter {
  const { source, sequence, detail, lastArrivalMs, after } = change;
  return {
    at: { shard: CHANGELOG, sequence, index: 0 },
    reason: 'change-unreadable',
    detail,
    source,
    arrivalMs: lastArrivalMs,
    payload:
      typeof after === 'string'
        ? { encoding: 'json', body: after }
        : { encoding: 'base64', body: Buffer.from(after).toString('base64') },
  };
}

/** No shard of the telemetry stream is called so. */
export const CHANGELOG = 'changelog' as ShardId;

function isState(value: unknown): value is EncodedState {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function isSame(a: EncodedState, b: EncodedState): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return Buffer.compare(a, b) === 0;
}

function toDeadLetter(letter: Letter): DeadLetter {
  const { at, stream, arrivalMs, event, reason } = letter;
  return {
    at,
    ...(stream === undefined ? {} : { stream }),
    reason,
    ...(reason === 'late' ? {} : { countedBySource: true as const }),
    ...(letter.number === undefined ? { keepsNumber: true as const } : { number: letter.number }),
    detail: DETAILS[reason](letter),
    source: event.source,
    arrivalMs,
    payload: { encoding: 'json', body: JSON.stringify(asSent(event)) },
  };
}

const DETAILS = {
  late: ({ event, maxTime }: Letter) =>
    `event time ${isoTime(event.time)}: no window that would take it is open; the source's latest event time was ${isoTime(maxTime)}`,
  'clock-skew': ({ event, arrivalMs, maxClockSkewMs = 0 }: Letter) =>
    clockSkewProblem(event.time, { arrivalMs, maxClockSkewMs }),
  'old-time': ({ event, arrivalMs }: Letter) => oldTimeProblem(event.time, arrivalMs),
  'shape-changed': ({ event }: Letter) =>
    `event time ${isoTime(event.time)}: half of its record was folded in while the pipeline cut such records in another way, so that it may have been counted; "until" and "from" in the shapes keep a record to one way of cutting`,
  'source-full': ({ event }: Letter) =>
    `event time ${isoTime(event.time)}: its source holds as many open windows or remembered ids as fit one table item; less allowed lateness, larger windows, fewer value names or a shorter dedupe horizon make room`,
};

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
