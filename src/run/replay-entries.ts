// What a replay reads: a recording as it is, or a file in another form through a shape.
import type { Shape } from '../core/shape/shape.ts';
import {
  type ArchiveSelection,
  archivedEntries,
  isArchivePath,
  openArchive,
} from '../testing/archived-entries.ts';
import { rawEvent } from '../wire/raw-event.ts';
import type { RecordingEntry } from '../wire/recording-entry.ts';
import { RecordingError } from '../wire/recording-error.ts';
import { readRecording } from '../wire/recordings.ts';
import { readShapedFile } from '../wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../wire/shapes/skipped-paths.ts';
import { Reasons } from './reasons.ts';

export interface FileShapes {
  readonly shapes: readonly Shape[];
  /** What stands for the arrival; undefined: nothing does. */
  readonly arrivalMs?: number | undefined;
  /** Tags that the pipeline asks for. */
  readonly askedTags?: ReadonlySet<string> | undefined;
  /** Names of states that the pipeline asks for. */
  readonly states: ReadonlySet<string> | undefined;
}

/** How files are read, and what of them. */
export interface EntryOptions {
  /** How to read files in other forms; undefined: they are recordings. */
  readonly fileShapes?: FileShapes | undefined;
  /** What to read from archives. */
  readonly selection?: ArchiveSelection | undefined;
}

/** What was no event in files in other forms, and what of their events was not taken. */
export class LeftOut {
  readonly reasons = new Reasons();
  readonly skipped = new SkippedPaths();
}

/**
 * A folder and `s3://…` are archives. Recorded Kinesis records are handed on as they are, also where a shape is given: the stream carried them so, and the
 * pipeline shapes them. @throws RecordingError, ArchiveError
 */
export async function* replayEntries(
  file: string,
  { fileShapes, selection }: EntryOptions,
  leftOut = new LeftOut(),
): AsyncGenerator<RecordingEntry, void, undefined> {
  if (isArchivePath(file)) {
    yield* archivedEntries(openArchive(file), selection);
    return;
  }
  if (fileShapes === undefined || (await holdsKinesisRecords(file))) {
    yield* readRecording(file);
    return;
  }
  let line = 0;
  for await (const entry of readShapedFile(file, { ...fileShapes, skipped: leftOut.skipped })) {
    line += 1;
    if (entry.kind === 'refused') {
      leftOut.reasons.add(entry.reason, entry.detail);
      continue;
    }
    const { source, id, fields } = rawEvent(entry.event);
    const raw = { source, ...fields, ...(id === undefined ? {} : { id }) };
    yield { kind: 'event', line, source, raw, arrivedAt: undefined };
  }
}

async function holdsKinesisRecords(file: string): Promise<boolean> {
  try {
    for await (const { kind } of readRecording(file)) return kind === 'kinesis';
  } catch (error) {
    if (error instanceof RecordingError && error.code !== 'unreadable') return false;
    throw error;
  }
  return false;
}
