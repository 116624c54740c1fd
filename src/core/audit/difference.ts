// A place where the books do not add up: what was found, what was expected, and the likely kind of cause.
import type { EpochMs, ShardId } from '../brands.ts';

export const DIFFERENCE_KINDS = [
  'books-and-windows',
  'window-missing',
  'window-other',
  'state-behind',
  'letter-missing',
  'rollup-lacks-source',
  'rollup-sum',
  'records-not-folded',
  'records-not-carried',
  'unreadable',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  readonly where: Where;
  readonly found: number;
  readonly expected: number;
  /** In words, for a person. */
  readonly detail: string;
}

export interface Where {
  readonly source?: string;
  readonly aggregation?: string;
  readonly rollup?: string;
  readonly startMs?: EpochMs;
  readonly endMs?: EpochMs;
  /** Number of the dead letter among those of its source. */
  readonly letter?: number;
  /** Name of a Kinesis stream. */
  readonly stream?: string;
  readonly shard?: ShardId;
  /** The hour of arrival, in UTC: `2026-11-28T09`. */
  readonly hour?: string;
}

/** The likely cause of each kind. */
export const CAUSES: Readonly<Record<DifferenceKind, string>> = {
  'books-and-windows':
    'events were counted but are in no window of their source, or the other way round: something other than the fold changed its item',
  'window-missing':
    'a window that closed is not stored: the rollup function lost changes (off for more than 24 h, or a batch given up), or somebody deleted it',
  'window-other': 'the stored window is not the one that its source closed: it was overwritten',
  'state-behind':
    'more is stored downstream of a source than its item has produced: the item was restored from an earlier point, or erased',
  'letter-missing':
    'an event that its source counts as late or quarantined is not among the dead letters: lost with a change, or deleted',
  'rollup-lacks-source':
    'a rollup window lacks a source that was folded into it: a part of it was deleted or overwritten',
  'rollup-sum':
    'a rollup window holds other events than the windows of its sources: a part was overwritten, or a source counted twice',
  'records-not-folded':
    'records came through the stream and were never handled: their batches were given up (`tidemill dead-letters redrive` puts them back), or a reader skipped them',
  'records-not-carried':
    'more records of the shard were handled than the archive has: the function record gave up batches, or objects were deleted',
  unreadable: 'what is stored cannot be read',
};

export function placeInWords(where: Where): string {
  const { source, aggregation, rollup, startMs, letter, stream, shard, hour } = where;
  const words = [
    source === undefined ? undefined : `source ${JSON.stringify(source)}`,
    aggregation === undefined ? undefined : `aggregation ${aggregation}`,
    rollup === undefined ? undefined : `rollup ${rollup}`,
    startMs === undefined ? undefined : `window from ${new Date(startMs).toISOString()}`,
    letter === undefined ? undefined : `letter ${letter}`,
    stream === undefined ? undefined : `stream ${stream}`,
    shard === undefined ? undefined : `shard ${shard}`,
    hour === undefined ? undefined : `hour ${hour}`,
  ];
  return words.filter((each) => each !== undefined).join(', ');
}
