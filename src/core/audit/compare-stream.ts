// Compares, for each hour of arrival, how many records of a shard were handled with how many it carried, as somebody else counted
// them.
import type { EpochMs, SequenceNumber, ShardId } from '../brands.ts';
import { HOUR_MS, type HourCounts, hourName, type KeptCounts } from '../hour-counts.ts';
import type { Difference } from './difference.ts';

/** How far a reader has come in a shard. */
export interface ShardPosition {
  readonly sequence: SequenceNumber;
  /** The latest arrival up to there. */
  readonly arrivalMs: EpochMs;
}

/** The counts of one reader of a shard. */
export interface CountedShard extends KeptCounts {
  /** undefined: no record of it. */
  readonly to: ShardPosition | undefined;
}

export interface ShardAccount {
  readonly stream: string;
  readonly shard: ShardId;
  /** Counted by `aggregate`. */
  readonly handled: CountedShard;
  /** Counted by whoever keeps what the stream carries. */
  readonly carried: CountedShard;
  /** Records that were given up and have become dead letters since. */
  readonly givenUp: HourCounts;
  /** Both have reached the end of the shard: a child's records are read only after those of its parents. */
  readonly isDrained: boolean;
}

/** An arrival may be this much earlier than that of an earlier record of its shard. docs/archive.md says why. */
const OUT_OF_ORDER_MS = 300_000;

/** The hours that both have read to the end, in order. Two readers at the same record have read all hours up to it. */
export function compareShard(account: ShardAccount): readonly Difference[] {
  const { handled, carried, givenUp } = account;
  const isAtOnePlace = handled.to !== undefined && handled.to.sequence === carried.to?.sequence;
  const untilMs =
    account.isDrained || isAtOnePlace
      ? Number.POSITIVE_INFINITY
      : Math.min(handled.to?.arrivalMs ?? 0, carried.to?.arrivalMs ?? 0) - OUT_OF_ORDER_MS;
  const hours = [...new Set([...handled.hours.keys(), ...carried.hours.keys()])].sort((a, b) => a - b);
  return hours
    .filter((hour) => (hour + 1) * HOUR_MS <= untilMs)
    .flatMap((hour) => {
      const [found, expected] = [handled.hours.get(hour) ?? 0, carried.hours.get(hour) ?? 0];
      const asLetters = givenUp.get(hour) ?? 0;
      // A reader that began in the middle of a shard has counted at least this much.
      if (hour >= (handled.fromHour ?? 0) && found + asLetters < expected)
        return [differenceOf('records-not-folded', account, { hour, found, expected, asLetters })];
      return hour >= (carried.fromHour ?? 0) && found > expected
        ? [differenceOf('records-not-carried', account, { hour, found, expected, asLetters })]
        : [];
    });
}

interface HourSums {
  readonly hour: number;
  readonly found: number;
  readonly expected: number;
  readonly asLetters: number;
}

function differenceOf(
  kind: 'records-not-folded' | 'records-not-carried',
  { stream, shard }: Pick<ShardAccount, 'stream' | 'shard'>,
  { hour, found, expected, asLetters }: HourSums,
): Difference {
  const letters = asLetters === 0 ? '' : `, and ${asLetters} are dead letters since they were given up`;
  return {
    kind,
    where: { stream, shard, hour: hourName(hour) },
    found,
    expected,
    detail: `the shard carried ${expected} records that arrived in this hour, ${found} of them were handled${letters}`,
  };
}
