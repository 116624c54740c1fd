// Changelog records to what each one means downstream: closed windows to store, late events, additions to rollups.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import { closedSourceWindows, contributionsOf } from '../../src/core/rollup.ts';
import type { LateEvent } from '../../src/core/source-state.ts';
import { decodeChangedWindows } from '../../src/core/state-encoding.ts';
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
  readonly late: readonly DeadLetter[];
  readonly contributions: readonly Contribution[];
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
    if (change.kind === 'housekeeping' || typeof source !== 'string' || typeof after !== 'string') continue;
    if (typeof version !== 'number')
      throw new Error(`change of ${source}: found no version, expected a number`);
    if (after === before) continue;
    const now = decodeChangedWindows(source, after);
    const then = typeof before === 'string' ? decodeChangedWindows(source, before) : undefined;
    changes.push({
      source,
      sequence: change.sequence,
      version,
      closed: closedSourceWindows(source, now),
      late: now.late.map(toDeadLetter),
      contributions: contributionsOf(source, then, now, pipeline),
      lastArrivalMs: now.lastArrivalMs,
    });
  }
  return changes;
}

function toDeadLetter({ at, arrivalMs, event, maxTime }: LateEvent): DeadLetter {
  const time = new Date(event.time).toISOString();
  return {
    at,
    reason: 'late',
    detail: `event time ${time}: every window it falls in had closed; the source's latest event time was ${new Date(maxTime).toISOString()}`,
    source: event.source,
    arrivalMs,
    payload: { encoding: 'json', body: JSON.stringify(event) },
  };
}
