// Changelog records to what each one means downstream: closed windows to store, late events, additions to rollups.
import type { SequenceNumber } from '../../src/core/brands.ts';
import { clockSkewProblem, oldTimeProblem } from '../../src/core/event-problems.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import { closedSourceWindows, contributionsOf } from '../../src/core/rollup.ts';
import type { Letter } from '../../src/core/source-state.ts';
import type { ChangedWindows } from '../../src/core/state-changes.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { SOURCES_TABLE } from '../../src/platform/names.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import { readChangeRecord } from '../../src/wire/change-record.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

/** What one change of one source brings. */
export interface SourceChange {
  readonly source: string;
  readonly sequence: SequenceNumber;
  /** Of the state written: rises with every change of the source. */
  readonly version: number;
  readonly closed: readonly StoredWindow[];
  /** Late events, and those their source had no room for. */
  readonly letters: readonly DeadLetter[];
  readonly contributions: readonly Contribution[];
  /** The windows of the state before and after: for whoever watches the source. */
  readonly before: ChangedWindows | undefined;
  readonly after: ChangedWindows;
  /** Of the latest event folded in: what retention counts from, beside the window itself. */
  readonly lastArrivalMs: number;
}

/** Removals are left out: by TTL they are housekeeping, and a state taken away by hand adds nothing to any window. */
export function decodeChanges(records: readonly DynamoDbEventRecord[], pipeline: Pipeline): SourceChange[] {
  const changes: SourceChange[] = [];
  for (const record of records) {
    const change = readChangeRecord(record);
    const source = change.key[SOURCES_TABLE.partitionKey];
    const after = change.newImage?.[SOURCES_TABLE.state];
    const before = change.oldImage?.[SOURCES_TABLE.state];
    const version = change.newImage?.[SOURCES_TABLE.version];
    if (change.kind === 'housekeeping' || typeof source !== 'string' || !isState(after)) continue;
    if (typeof version !== 'number')
      throw new Error(`change of ${source}: found no version, expected a number`);
    if (isState(before) && isSame(after, before)) continue; // another attribute was changed, by hand
    const now = decodeChangedWindows(source, after);
    const then = isState(before) ? decodeChangedWindows(source, before) : undefined;
    changes.push({
      source,
      sequence: change.sequence,
      version,
      closed: closedSourceWindows(source, now),
      letters: now.letters.map(toDeadLetter),
      contributions: contributionsOf(source, then, now, pipeline),
      before: then,
      after: now,
      lastArrivalMs: now.lastArrivalMs,
    });
  }
  return changes;
}

function isState(value: unknown): value is EncodedState {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function isSame(a: EncodedState, b: EncodedState): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return Buffer.compare(a, b) === 0;
}

function toDeadLetter(letter: Letter): DeadLetter {
  const { at, arrivalMs, event, reason } = letter;
  return {
    at,
    reason,
    ...(reason === 'late' ? {} : { countedBySource: true as const }),
    detail: DETAILS[reason](letter),
    source: event.source,
    arrivalMs,
    payload: { encoding: 'json', body: JSON.stringify(event) },
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
