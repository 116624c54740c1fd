// Numbers that the counter of a source has left out among the ids it remembers: events that were lost before they came, or came and were
// not applied. A device may leave out numbers on its own account, so a gap is information and no difference.
import type { EpochMs } from '../brands.ts';
import type { IdRun } from '../id-segments.ts';
import type { Aggregation, Pipeline } from '../pipeline/pipeline.ts';
import { spanMs, specText } from '../window-spec.ts';
import type { SourceAccount } from './compare-source.ts';

/** Numbers, both included. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** From so many steps between ids on it can be said whether they count. */
const LEAST_STEPS = 10;
/** So large a share of the steps is exactly one where ids count: not with times as ids, nor where two sources share a counter. */
const LEAST_SHARE = 3 / 4;

/**
 * The gaps that nothing can fill any more: an event with such an id would be late. The lowest of each ascent first.
 * @returns undefined if the ids of the source are no counter
 */
export function idGaps(account: SourceAccount, pipeline: Pipeline): readonly IdRange[] | undefined {
  const runs: IdRun[] = [];
  account.ids.eachRun((run) => {
    runs.push(run);
  });
  const { steps, ones, gaps } = walk(runs.sort((a, b) => a.time - b.time || a.number - b.number));
  if (steps < LEAST_STEPS || ones < LEAST_SHARE * steps) return undefined;
  const from = rememberedFrom(account, pipeline);
  const until = settledUntil(account, pipeline);
  const byNumber = runs.toSorted((a, b) => a.number - b.number);
  return gaps
    .filter(({ afterMs, beforeMs }) => afterMs >= from && beforeMs <= until)
    .map(({ from: first, to }) => ({ from: Math.max(first, account.ids.pagedNumber + 1), to }))
    .flatMap((gap) => withoutRemembered(gap, byNumber));
}

interface Gap extends IdRange {
  /** Event times of the ids below and above. */
  readonly afterMs: EpochMs;
  readonly beforeMs: EpochMs;
}

interface Walked {
  /** Between ids that follow each other in event time. */
  readonly steps: number;
  /** Those from a number to the next one. */
  readonly ones: number;
  readonly gaps: readonly Gap[];
}

/** A number that is lower at a later time, or that leaves out more than all that are remembered, is that of a counter begun anew. */
function walk(runs: readonly IdRun[]): Walked {
  const ids = runs.reduce((sum, { count }) => sum + count, 0);
  const gaps: Gap[] = [];
  let ones = 0;
  let before: IdRun | undefined;
  for (const run of runs) {
    if (run.step >= 0) ones += run.count - 1;
    if (before !== undefined && before.step >= 0 && run.step >= 0) {
      const last = lastOf(before);
      const left = run.number - last.number - 1;
      const isInOrder = last.time <= run.time;
      if (isInOrder && left === 0) ones += 1;
      if (isInOrder && left > 0 && left <= ids)
        gaps.push({ from: last.number + 1, to: run.number - 1, afterMs: last.time, beforeMs: run.time });
    }
    before = run;
  }
  return { steps: Math.max(0, ids - 1), ones, gaps };
}

function lastOf({ number, count, time, step }: IdRun): { readonly number: number; readonly time: EpochMs } {
  return { number: number + count - 1, time: time + (count - 1) * step };
}

/**
 * From this event time on no id has been forgotten while one before it was kept. Ids go page by page, and one by one as their windows
 * close: where all aggregations take all events, the older one first.
 */
function rememberedFrom(
  { ids, maxTime }: SourceAccount,
  { aggregations, dedupeHorizonMs }: Pipeline,
): EpochMs {
  const goInOrder = !ids.hasHadPages && aggregations.every(({ filter }) => filter === undefined);
  return goInOrder ? Number.NEGATIVE_INFINITY : maxTime - dedupeHorizonMs;
}

/** Up to this event time every event is late that comes now. */
function settledUntil(account: SourceAccount, { aggregations, dedupeHorizonMs }: Pipeline): EpochMs {
  const closed = aggregations.map((aggregation) => closedUntil(account, aggregation));
  const isTaken = aggregations.some(({ filter }) => filter === undefined);
  // What no aggregation takes is late only before the horizon.
  return Math.min(...closed, isTaken ? Number.POSITIVE_INFINITY : account.maxTime - dedupeHorizonMs - 1);
}

function closedUntil({ maxTime, aggregations }: SourceAccount, aggregation: Aggregation): EpochMs {
  const { name, window, allowedLatenessMs } = aggregation;
  const span = spanMs(window);
  const closed = maxTime - span - allowedLatenessMs;
  if (window.kind !== 'session') return closed;
  // An open session takes what is close before it.
  const open = aggregations.find((each) => each.name === name && each.spec === specText(window));
  return Math.min(closed, ...(open?.windows ?? []).map(({ start }) => start - span - 1));
}

/** What is left of a gap: a clock that was set may have put some of its ids elsewhere. */
function withoutRemembered({ from, to }: IdRange, byNumber: readonly IdRun[]): readonly IdRange[] {
  const left: IdRange[] = [];
  let next = from;
  for (const run of byNumber) {
    const last = lastOf(run).number;
    if (last < next) continue;
    if (run.number > to) break;
    if (run.number > next) left.push({ from: next, to: run.number - 1 });
    next = last + 1;
  }
  if (next <= to) left.push({ from: next, to });
  return left;
}
