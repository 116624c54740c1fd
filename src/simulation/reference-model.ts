// The semantics of windows, written down as plainly as they read and sharing nothing with what they check: the whole history
// is kept and searched, sums are exact integers. Slow, and meant to be obviously right.
import { nearestDouble, toScaled } from './exact-rational.ts';
import { calendarBounds, type ReferenceCalendar } from './reference-calendar.ts';

export interface ReferenceEvent {
  readonly source: string;
  readonly id: string | number | undefined;
  readonly type: string;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** What it says of states, by name. */
  readonly states?: Readonly<Record<string, string>>;
  /** When its record arrived in the stream. */
  readonly arrivalMs: number;
}

export interface ReferenceRules {
  readonly dedupeHorizonMs: number;
  /** Within the horizon an id is known only with the same time. */
  readonly dedupeByTime: boolean;
  readonly maxClockSkewMs: number;
  readonly allowOldTimes: boolean;
  readonly aggregations: readonly ReferenceAggregation[];
}

export interface ReferenceAggregation {
  readonly name: string;
  readonly window:
    | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs?: number }
    | {
        readonly kind: 'hopping';
        readonly sizeMs: number;
        readonly everyMs: number;
        readonly offsetMs?: number;
      }
    | ReferenceCalendar
    | { readonly kind: 'session'; readonly gapMs: number };
  /** Types and tag values let through; undefined lets all through. */
  readonly filter:
    | {
        readonly types: ReadonlySet<string> | undefined;
        readonly tags: ReadonlyMap<string, ReadonlySet<string>> | undefined;
      }
    | undefined;
  readonly allowedLatenessMs: number;
  /** Value names taken; undefined takes all. */
  readonly values: ReadonlySet<string> | undefined;
}

export interface ReferenceVerdict {
  readonly event: ReferenceEvent;
  readonly verdict: 'applied' | 'duplicate' | 'late' | 'quarantined';
  /** Greatest event time of its source before it. */
  readonly maxTimeBefore: number;
  /** Names of the aggregations it was folded into. */
  readonly appliedTo: readonly string[];
  /** Names of the aggregations that take it and had no open window for it. */
  readonly lateFor: readonly string[];
}

export interface ReferenceMetric {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first: number;
  readonly last: number;
}

export interface ReferenceWindow {
  readonly source: string;
  readonly aggregation: string;
  readonly start: number;
  readonly end: number;
  readonly events: number;
  readonly metrics: ReadonlyMap<string, ReferenceMetric>;
}

/** One verdict an event, in stream order. Each source has a time of its own. */
export function judge(stream: readonly ReferenceEvent[], rules: ReferenceRules): ReferenceVerdict[] {
  const history: ReferenceVerdict[] = [];
  for (const event of stream) {
    const own = history.filter(
      (past) => past.event.source === event.source && past.verdict !== 'quarantined',
    );
    const maxTimeBefore = Math.max(-Infinity, ...own.map((past) => shownTime(past.event)));
    const maxTime = Math.max(maxTimeBefore, shownTime(event));
    if (reasonOfTime(event, rules) !== undefined) {
      history.push({ event, verdict: 'quarantined', maxTimeBefore, appliedTo: [], lateFor: [] });
      continue;
    }
    const isDuplicate = own.some((past) => {
      const { id, time } = past.event;
      if (past.verdict !== 'applied' || id === undefined || String(id) !== String(event.id)) return false;
      const isSame = time === event.time;
      if (time >= maxTime - rules.dedupeHorizonMs && (isSame || !rules.dedupeByTime)) return true;
      return isSame && rules.aggregations.some((each) => isHeldOpen(each, past, own, maxTimeBefore));
    });
    if (isDuplicate) {
      history.push({ event, verdict: 'duplicate', maxTimeBefore, appliedTo: [], lateFor: [] });
      continue;
    }
    const taking = rules.aggregations.filter((aggregation) => takes(aggregation, event));
    const open = taking.filter((aggregation) => hasOpenWindow(aggregation, event, own, maxTimeBefore));
    const appliedTo = open.map(({ name }) => name);
    const lateFor = taking.filter((each) => !open.includes(each)).map(({ name }) => name);
    const isLate =
      appliedTo.length === 0 && (lateFor.length > 0 || isBeyondTelling(event, maxTimeBefore, rules));
    const verdict = isLate ? 'late' : 'applied';
    history.push({ event, verdict, maxTimeBefore, appliedTo, lateFor });
  }
  return history;
}

/** Taken by no aggregation: then whether it is a repeat is told for the horizon only. */
export function isBeyondTelling(
  { id, time }: ReferenceEvent,
  maxTimeBefore: number,
  { dedupeHorizonMs }: Pick<ReferenceRules, 'dedupeHorizonMs'>,
): boolean {
  return id !== undefined && maxTimeBefore - time > dedupeHorizonMs;
}

/** Whether a window is open still that the event was folded into. */
function isHeldOpen(
  aggregation: ReferenceAggregation,
  past: ReferenceVerdict,
  own: readonly ReferenceVerdict[],
  maxTimeBefore: number,
): boolean {
  const { window, allowedLatenessMs, name } = aggregation;
  if (!past.appliedTo.includes(name)) return false;
  if (window.kind === 'session')
    return sessionsOf(aggregation, window.gapMs, own).some(
      ({ closed, members }) => !closed && members.includes(past),
    );
  return windowsOf(aggregation, own).some(
    (held) => held.events.includes(past.event) && held.end + allowedLatenessMs > maxTimeBefore,
  );
}

/** What an event shows of its source's time: a clock that leads does not count for more than the arrival. */
export function shownTime({ time, arrivalMs }: ReferenceEvent): number {
  return Math.min(time, arrivalMs);
}

/** Why the time of an event cannot be right; undefined where it can. */
export function reasonOfTime(
  { time, arrivalMs }: ReferenceEvent,
  { maxClockSkewMs, allowOldTimes }: Pick<ReferenceRules, 'maxClockSkewMs' | 'allowOldTimes'>,
): 'clock-skew' | 'old-time' | undefined {
  if (time - arrivalMs > maxClockSkewMs) return 'clock-skew';
  const isOld = time < Date.parse('1990-01-01') && arrivalMs >= Date.parse('2000-01-01');
  return isOld && !allowOldTimes ? 'old-time' : undefined;
}

/** The windows of every source once everything is closed: source by source, each one's in the order they close. */
export function finalWindows(judged: readonly ReferenceVerdict[], rules: ReferenceRules): ReferenceWindow[] {
  const sources = [...new Set(judged.map(({ event }) => event.source))];
  return sources.flatMap((source) => {
    const own = judged.filter(({ event, verdict }) => event.source === source && verdict !== 'quarantined');
    const closing = rules.aggregations.flatMap((aggregation, rank) =>
      windowsOf(aggregation, own).map((window) => ({
        window: { source, aggregation: aggregation.name, ...contentsOf(window, aggregation) },
        rank,
        // The first event that shows the time it closes at; what no event closes is closed at the end.
        closedBy: own.findIndex(
          ({ event }) => shownTime(event) >= window.end + aggregation.allowedLatenessMs,
        ),
      })),
    );
    const turn = (closedBy: number) => (closedBy < 0 ? own.length : closedBy);
    return closing
      .sort(
        (a, b) => turn(a.closedBy) - turn(b.closedBy) || a.rank - b.rank || a.window.start - b.window.start,
      )
      .map(({ window }) => window);
  });
}

/** The windows an event was folded into, by an aggregation that has it; not of sessions. */
export function windowsHolding(
  { window, allowedLatenessMs }: ReferenceAggregation,
  { event, maxTimeBefore }: ReferenceVerdict,
): Bounds[] {
  if (window.kind === 'session') throw new Error('a session is not known from one event');
  return boundsAround(window, event.time).filter(({ end }) => end + allowedLatenessMs > maxTimeBefore);
}

export interface Bounds {
  readonly start: number;
  readonly end: number;
}

interface HeldEvents {
  readonly start: number;
  readonly end: number;
  /** In stream order. */
  readonly events: readonly ReferenceEvent[];
}

function contentsOf({ start, end, events }: HeldEvents, { values }: ReferenceAggregation) {
  return { start, end, events: events.length, metrics: metricsOf(events, values) };
}

export function takes({ filter }: ReferenceAggregation, { type, tags }: ReferenceEvent): boolean {
  if (filter?.types !== undefined && !filter.types.has(type)) return false;
  return [...(filter?.tags ?? [])].every(
    ([name, values]) => Object.hasOwn(tags, name) && values.has(tags[name] ?? ''),
  );
}

function hasOpenWindow(
  aggregation: ReferenceAggregation,
  event: ReferenceEvent,
  own: readonly ReferenceVerdict[],
  maxTimeBefore: number,
): boolean {
  const { window, allowedLatenessMs } = aggregation;
  if (window.kind !== 'session') {
    return boundsAround(window, event.time).some(({ end }) => end + allowedLatenessMs > maxTimeBefore);
  }
  const sessions = sessionsOf(aggregation, window.gapMs, own);
  if (sessions.some(({ closed, end }) => closed && event.time < end)) return false;
  const open = sessions.filter(({ closed }) => !closed);
  if (open.some((session) => touches(session, event.time, window.gapMs))) return true;
  return event.time + window.gapMs + allowedLatenessMs > maxTimeBefore;
}

/** All windows of one source in one aggregation, from its whole history. */
function windowsOf(aggregation: ReferenceAggregation, own: readonly ReferenceVerdict[]): HeldEvents[] {
  const { window, name } = aggregation;
  if (window.kind === 'session') return sessionsOf(aggregation, window.gapMs, own);
  const applied = own.filter(({ appliedTo }) => appliedTo.includes(name));
  const ends = new Map(
    applied.flatMap((each) => windowsHolding(aggregation, each)).map(({ start, end }) => [start, end]),
  );
  const isIn = (start: number) => (each: ReferenceVerdict) =>
    windowsHolding(aggregation, each).some((held) => held.start === start);
  return [...ends].map(([start, end]) => ({
    start,
    end,
    events: applied.filter(isIn(start)).map(({ event }) => event),
  }));
}

interface Session extends HeldEvents {
  readonly members: readonly ReferenceVerdict[];
  readonly closed: boolean;
}

/** The sessions a source has had so far: events join, bridge and begin them, and time closes them. */
function sessionsOf(
  { name, allowedLatenessMs }: ReferenceAggregation,
  gapMs: number,
  own: readonly ReferenceVerdict[],
): Session[] {
  let sessions: Session[] = [];
  let maxTime = -Infinity;
  for (const judged of own) {
    const { time } = judged.event;
    maxTime = Math.max(maxTime, shownTime(judged.event));
    if (judged.appliedTo.includes(name)) {
      const touched = sessions.filter((each) => !each.closed && touches(each, time, gapMs));
      const joined = [...touched.flatMap(({ members }) => members), judged];
      const members = own.filter((each) => joined.includes(each));
      const events = members.map(({ event }) => event);
      const times = events.map((event) => event.time);
      sessions = [
        ...sessions.filter((each) => !touched.includes(each)),
        { start: Math.min(...times), end: Math.max(...times) + gapMs, members, events, closed: false },
      ];
    }
    sessions = sessions.map((each) => ({
      ...each,
      closed: each.closed || maxTime >= each.end + allowedLatenessMs,
    }));
  }
  return sessions;
}

/** `first − gap < time < last + gap` */
function touches({ start, end }: HeldEvents, time: number, gapMs: number): boolean {
  return start - gapMs < time && time < end;
}

/** All windows there are around a time: aligned to the epoch and the offset, none before it but the rest of one. */
export function boundsAround(
  window: Exclude<ReferenceAggregation['window'], { kind: 'session' }>,
  time: number,
): Bounds[] {
  if (window.kind === 'calendar') return [calendarBounds(window, time)];
  const { sizeMs, offsetMs = 0 } = window;
  if (time < offsetMs) return [{ start: 0, end: offsetMs }];
  const everyMs = window.kind === 'hopping' ? window.everyMs : sizeMs;
  const found: Bounds[] = [];
  for (let start = offsetMs; start <= time; start += everyMs) {
    // Far from the epoch not each of them is looked at.
    const skipped = Math.floor((time - sizeMs - start) / everyMs);
    if (skipped > 0) start += skipped * everyMs;
    if (start <= time && time < start + sizeMs) found.unshift({ start, end: start + sizeMs });
  }
  return found;
}

/** Aggregates by value name of events given in stream order. */
export function metricsOf(
  events: readonly ReferenceEvent[],
  taken: ReadonlySet<string> | undefined,
): ReadonlyMap<string, ReferenceMetric> {
  const names = [...new Set(events.flatMap(({ values }) => Object.keys(values)))];
  return new Map(
    names
      .filter((name) => taken === undefined || taken.has(name))
      .map((name) => [
        name,
        metricOf(
          events.filter(({ values }) => Object.hasOwn(values, name)),
          name,
        ),
      ]),
  );
}

function metricOf(events: readonly ReferenceEvent[], name: string): ReferenceMetric {
  // A stable sort: events of one time stay in the order given.
  const byTime = [...events].sort((a, b) => a.time - b.time).map(({ values }) => values[name] ?? Number.NaN);
  const exact = byTime.reduce((sum, value) => sum + toScaled(value), 0n);
  return {
    count: byTime.length,
    sum: nearestDouble(exact),
    min: Math.min(...byTime),
    max: Math.max(...byTime),
    mean: meanOf(exact, byTime.length),
    first: byTime.at(0) ?? Number.NaN,
    last: byTime.at(-1) ?? Number.NaN,
  };
}

/** The rounded sum divided, also where that sum is beyond the doubles and the quotient is not. */
function meanOf(exact: bigint, count: number): number {
  const sum = nearestDouble(exact);
  return Number.isFinite(sum) ? sum / count : (nearestDouble(exact, 2n ** 64n) / count) * 2 ** 64;
}
