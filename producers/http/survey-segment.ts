// What a segment's bytes hold of what still waits, in either format: a pure look, done when a folder is opened and again
// whenever records are taken, since a disk may spoil them in between.
import { scanFrames } from './segment-frames.ts';
import { scanRecords } from './segment-records.ts';

/** How far records have been taken. */
export interface Position {
  /** Number of the segment; used only for segments of earlier releases, as is `offset`. */
  readonly segment: number;
  readonly offset: number;
  /** The first frame's number that has not been taken. */
  readonly next: number;
}

export interface SegmentName {
  readonly format: 'records' | 'frames';
  /** Number of its first frame; for segments of earlier releases, the segment's own number. */
  readonly first: number;
}

export interface Survey {
  readonly waiting: readonly { readonly payload: Buffer; readonly until: Position }[];
  readonly lost: number;
  /** The number that the next frame may have. */
  readonly next: number;
  /** Nothing but whole frames: it can be written on. */
  readonly isClean: boolean;
}

/** `following`: the next segment of its kind, whose first number says how many there were. */
export function surveySegment(
  bytes: Buffer,
  name: SegmentName,
  { taken, following }: { readonly taken: Position; readonly following: SegmentName | undefined },
): Survey {
  return name.format === 'records'
    ? surveyRecords(bytes, name.first, taken, following === undefined)
    : surveyFrames(bytes, name.first, taken, following?.first);
}

function surveyRecords(bytes: Buffer, segment: number, taken: Position, isLast: boolean): Survey {
  if (segment < taken.segment) return { waiting: [], lost: 0, next: taken.next, isClean: false };
  // A file that ends before the note has lost what was taken already.
  const from = segment === taken.segment ? taken.offset : 0;
  const { records, damaged } = scanRecords(bytes, from, { mayBeTorn: isLast });
  return {
    waiting: records.map(({ payload, end }) => ({ payload, until: { ...taken, segment, offset: end } })),
    lost: damaged,
    next: taken.next,
    isClean: false,
  };
}

function surveyFrames(bytes: Buffer, first: number, taken: Position, end: number | undefined): Survey {
  const { frames, tail } = scanFrames(bytes);
  const waiting: Survey['waiting'][number][] = [];
  let lost = 0;
  let expected = first;
  const missUpTo = (number: number) => {
    lost += Math.max(0, number - Math.max(expected, taken.next));
    expected = Math.max(expected, number);
  };
  for (const { number, payload } of frames) {
    if (number < expected || (end !== undefined && number >= end)) continue;
    missUpTo(number);
    expected = number + 1;
    if (number >= taken.next) waiting.push({ payload, until: { ...taken, next: number + 1 } });
  }
  if (end !== undefined) missUpTo(end);
  else if (tail === 'damaged') missUpTo(expected + 1);
  return { waiting, lost, next: expected, isClean: tail === 'clean' };
}
