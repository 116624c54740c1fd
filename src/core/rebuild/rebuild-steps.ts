// In which order the hours of an archive are folded, so that every source's records come in the order in which the stream carried them.
import type { ArchiveHour } from '../archive/archive-names.ts';
import type { SequenceNumber, ShardId } from '../brands.ts';
import { compareSequenceNumbers } from '../sequence-number.ts';

/** What the archive holds of an hour of a shard. */
export interface PlannedHour {
  readonly shard: ShardId;
  readonly hour: ArchiveHour;
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
  /** More may stand in it than is known: objects that its manifest does not have. */
  readonly open: boolean;
}

/** Hours of one shard that are folded together, by one worker at a time. */
export interface Chunk {
  readonly shard: ShardId;
  /** In order; nearly always one. */
  readonly hours: readonly ArchiveHour[];
}

/** Chunks that may be folded side by side, once all steps before are done. */
export interface RebuildStep {
  readonly hour: ArchiveHour;
  readonly chunks: readonly Chunk[];
  /** All of its hour is folded then: what fell silent by the hour's end is closed. */
  readonly endsHour: boolean;
}

interface Run extends Chunk {
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/**
 * Hour by hour; within an hour a shard that may descend from another comes after it. A shard's records are in order of their
 * sequence numbers, and a child's are greater than its parents': where two hours of a shard overlap in them, as an arrival out of
 * order makes it, they are one chunk; where all of one shard lies behind all of another, it may be its child.
 * @example
 * const [shard, first, last] = ['a' as ShardId, '1' as SequenceNumber, '7' as SequenceNumber];
 * rebuildSteps([{ shard, hour: '2026-11-28T09', first, last, open: false }])
 * // [{ hour: '2026-11-28T09', chunks: [{ shard: 'a', hours: ['2026-11-28T09'] }], endsHour: true }]
 */
export function rebuildSteps(hours: readonly PlannedHour[]): readonly RebuildStep[] {
  const runs = [...Map.groupBy(hours, ({ shard }) => shard).values()].flatMap(runsOf);
  const byHour = [...Map.groupBy(runs, (run) => run.hours[0] ?? '')].sort(([a], [b]) => (a < b ? -1 : 1));
  return byHour.flatMap(([hour, together]) => {
    const levels = inLevels(together);
    return levels.map((level, at) => ({
      hour,
      chunks: level.map(({ shard, hours }) => ({ shard, hours })),
      endsHour: at === levels.length - 1,
    }));
  });
}

/** Consecutive hours whose sequence numbers do not overlap stand apart. */
function runsOf(hours: readonly PlannedHour[]): readonly Run[] {
  const sorted = [...hours].sort((a, b) => (a.hour < b.hour ? -1 : 1));
  const runs: {
    shard: ShardId;
    hours: ArchiveHour[];
    first: SequenceNumber;
    last: SequenceNumber;
    open: boolean;
  }[] = [];
  for (const { shard, hour, first, last, open } of sorted) {
    const run = { shard, hours: [hour], first, last, open };
    // Joined with one, it may overlap with the one before that.
    for (
      let before = runs.at(-1);
      before !== undefined && (before.open || compareSequenceNumbers(run.first, before.last) <= 0);
      before = runs.at(-1)
    ) {
      runs.pop();
      run.hours.unshift(...before.hours);
      run.first = least(before.first, run.first);
      run.last = greatest(before.last, run.last);
    }
    runs.push(run);
  }
  return runs.map((run, at) => ({ ...run, isFirst: at === 0, isLast: at === runs.length - 1 }));
}

/** The first take none of the others' children. */
function inLevels(runs: readonly Run[]): readonly (readonly Run[])[] {
  const levels: Run[][] = [];
  const sorted = [...runs].sort((a, b) => compareSequenceNumbers(a.first, b.first));
  const placed: { readonly run: Run; readonly level: number }[] = [];
  for (const run of sorted) {
    const parents = placed.filter(({ run: other }) => mayDescend(run, other));
    const level = parents.reduce((most, parent) => Math.max(most, parent.level + 1), 0);
    placed.push({ run, level });
    levels[level] = [...(levels[level] ?? []), run];
  }
  return levels;
}

function mayDescend(run: Run, other: Run): boolean {
  return run.isFirst && other.isLast && compareSequenceNumbers(other.last, run.first) < 0;
}

function least(a: SequenceNumber, b: SequenceNumber): SequenceNumber {
  return compareSequenceNumbers(a, b) <= 0 ? a : b;
}

function greatest(a: SequenceNumber, b: SequenceNumber): SequenceNumber {
  return compareSequenceNumbers(a, b) >= 0 ? a : b;
}
