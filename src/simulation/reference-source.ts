// The semantics of one source, event by event and with closings by silence in between: the plain model of
// reference-model.ts, kept going so that every committed state can be compared with it.

import type { Partiality } from '../core/partiality.ts';
import { specText } from '../core/window-spec.ts';
import {
  boundsAround,
  isBeyondTelling,
  metricsOf,
  type ReferenceAggregation,
  type ReferenceEvent,
  type ReferenceMetric,
  type ReferenceRules,
  type ReferenceVerdict,
  reasonOfTime,
  shownTime,
  takes,
} from './reference-model.ts';
import {
  bothParts,
  type CountingAggregation,
  countsAlike,
  partOf,
  type ReferenceCut,
} from './reference-partial.ts';

type ClosingAggregation = CountingAggregation & { readonly idleTimeoutMs: number };

/** How far windows had closed under pipelines before. */
interface Border {
  readonly closedBefore: number;
  readonly sessionsEnd: number;
}

const NO_BORDER: Border = { closedBefore: 0, sessionsEnd: 0 };

function furthest(a: Border, b: Border): Border {
  return {
    closedBefore: Math.max(a.closedBefore, b.closedBefore),
    sessionsEnd: Math.max(a.sessionsEnd, b.sessionsEnd),
  };
}

/** Aggregations are told apart by name and window. */
function keyOf({ name, window }: ReferenceAggregation): string {
  return `${name} ${specText(window)}`;
}

export interface SourceRules extends ReferenceRules {
  readonly aggregations: readonly ClosingAggregation[];
}

export class ReferenceWindow {
  /** As it was when the window was last open. */
  aggregation: ClosingAggregation;
  partial: Partiality | undefined;
  /** The aggregation was another one while it was open. */
  isMixed = false;
  readonly start: number;
  readonly end: number;
  /** In stream order. */
  readonly events: readonly ReferenceEvent[];
  isOpen = true;
  /** How many of the source's events had been judged when it closed. */
  judgedAtClose = Number.POSITIVE_INFINITY;

  constructor(
    aggregation: ClosingAggregation,
    { start, end, events }: { start: number; end: number; events: readonly ReferenceEvent[] },
  ) {
    this.aggregation = aggregation;
    this.start = start;
    this.end = end;
    this.events = events;
  }

  /** The source's event time at which it closes. */
  get closesAtTime(): number {
    return this.end + this.aggregation.allowedLatenessMs;
  }

  metrics(): ReadonlyMap<string, ReferenceMetric> {
    return metricsOf(this.events, this.aggregation.values);
  }
}

export class ReferenceSource {
  readonly judged: ReferenceVerdict[] = [];
  windows: ReferenceWindow[] = [];
  readonly counts = { received: 0, applied: 0, duplicate: 0, late: 0, quarantined: 0 };
  /** By aggregation, events that were late for it. */
  lateFor = new Map<string, number>();
  /** Greatest event time, or what a closing by silence has raised it to. */
  maxTime = -1;
  lastArrivalMs = -1;
  /** Whether its pipeline has been another one. */
  hasChanged = false;
  #rules: SourceRules;
  /** Greatest event time, however far it led. */
  #latestTime = -1;
  #hasAdvanced = false;
  /** Before the event that is judged. */
  #maxTimeBefore = -1;
  readonly #borders = new Map<string, Border>();
  readonly #cuts = new Map<string, ReferenceCut>();
  /** Aggregations that no longer exist, the latest first. */
  #gone: readonly string[] = [];
  #forgotten: Border = NO_BORDER;
  /** By arrivals, from one to the next, and up to when it was known of that nothing had come. */
  readonly silences: { readonly fromMs: number; readonly untilMs: number; readonly toMs: number }[] = [];
  #silentUntilMs = -1;

  constructor(rules: SourceRules) {
    this.#rules = rules;
    for (const { name } of rules.aggregations) this.lateFor.set(name, 0);
  }

  /** Takes the source's next event. Windows it closes stay to be seen: `closeDue`. */
  receive(event: ReferenceEvent): ReferenceVerdict {
    const judgement = this.#judgeTime(event);
    this.judged.push(judgement);
    this.counts.received += 1;
    this.counts[judgement.verdict] += 1;
    return judgement;
  }

  /**
   * Another pipeline takes over: what it has no more closes with the next write, before its time; what it has newly, or counts
   * otherwise, lacks what has been.
   */
  deploy(rules: SourceRules): readonly ReferenceWindow[] {
    const before = this.#rules;
    if (before === rules) return [];
    this.#rules = rules;
    this.hasChanged = true;
    for (const old of before.aggregations) this.#noteBorder(old, rules);
    const cutShort = this.open().filter((window) => !this.#goesOn(window, rules));
    const known = new Set([...rules.aggregations, ...before.aggregations].map(keyOf));
    const names = rules.aggregations.map(keyOf);
    this.#gone = [...before.aggregations.map(keyOf), ...this.#gone.filter((key) => !known.has(key))].filter(
      (key) => !names.includes(key),
    );
    for (const aggregation of rules.aggregations) this.#begin(aggregation, before);
    for (const key of this.#gone.slice(16)) {
      this.#forgotten = furthest(this.#forgotten, this.#borders.get(key) ?? NO_BORDER);
      this.#borders.delete(key);
    }
    this.#gone = this.#gone.slice(0, 16);
    this.lateFor = new Map(
      rules.aggregations.map((aggregation) => {
        const isKnown = before.aggregations.some((old) => keyOf(old) === keyOf(aggregation));
        return [aggregation.name, isKnown ? (this.lateFor.get(aggregation.name) ?? 0) : 0];
      }),
    );
    return cutShort;
  }

  #noteBorder(old: ClosingAggregation, rules: SourceRules): void {
    const key = keyOf(old);
    const own = this.open().filter((window) => keyOf(window.aggregation) === key);
    const isGone = rules.aggregations.every((each) => keyOf(each) !== key);
    const ends = isGone ? own.map(({ end }) => end) : [];
    const closed = this.windows.filter((each) => !each.isOpen && keyOf(each.aggregation) === key);
    this.#borders.set(
      key,
      furthest(this.#borders.get(key) ?? NO_BORDER, {
        closedBefore: Math.max(this.maxTime - old.allowedLatenessMs, ...ends),
        sessionsEnd:
          old.window.kind === 'session' ? Math.max(0, ...ends, ...closed.map(({ end }) => end)) : 0,
      }),
    );
  }

  /** Whether the window stays open under these rules. */
  #goesOn(window: ReferenceWindow, rules: SourceRules): boolean {
    const now = rules.aggregations.find((each) => keyOf(each) === keyOf(window.aggregation));
    if (now === undefined) {
      window.partial = bothParts(window.partial, { untilMs: this.lastArrivalMs });
      window.isMixed = true;
      window.isOpen = false;
      window.judgedAtClose = this.judged.length;
      return false;
    }
    if (!countsAlike(now, window.aggregation))
      window.partial = bothParts(window.partial, { sinceMs: this.lastArrivalMs });
    window.isMixed = true;
    window.aggregation = now;
    return true;
  }

  #begin(aggregation: ClosingAggregation, { aggregations }: SourceRules): void {
    const key = keyOf(aggregation);
    const old = aggregations.find((each) => keyOf(each) === key);
    if (old !== undefined && countsAlike(old, aggregation)) return;
    if (this.#latestTime >= 0) this.#cuts.set(key, { sinceMs: this.lastArrivalMs, upTo: this.#latestTime });
    if (!this.#borders.has(key)) this.#borders.set(key, this.#forgotten);
  }

  /** It is known that nothing of the source has arrived from its last arrival until then: what is due by that is to be closed. */
  silentUntil(untilMs: number): void {
    const due = this.open().filter(
      ({ closesAtTime, aggregation }) =>
        Math.max(closesAtTime, this.lastArrivalMs) + aggregation.idleTimeoutMs <= untilMs,
    );
    this.#silentUntilMs = untilMs;
    this.#hasAdvanced ||= due.length > 0;
    for (const { closesAtTime } of due) this.maxTime = Math.max(this.maxTime, closesAtTime);
  }

  /** A closing by silence: as if the source had shown this time. */
  fallSilent(floor: number): void {
    this.maxTime = floor;
    this.#hasAdvanced = true;
  }

  /** Closes the windows whose time has come, and gives them. */
  closeDue(): ReferenceWindow[] {
    if (!this.#hasAdvanced) return [];
    this.#hasAdvanced = false;
    const due = this.open().filter(({ closesAtTime }) => closesAtTime <= this.maxTime);
    for (const window of due) {
      window.isOpen = false;
      window.judgedAtClose = this.judged.length;
    }
    return due;
  }

  open(): ReferenceWindow[] {
    return this.windows.filter(({ isOpen }) => isOpen);
  }

  /** All events of the window's aggregation that it may know of, in stream order. */
  historyOf({ aggregation, judgedAtClose }: ReferenceWindow): readonly ReferenceEvent[] {
    return this.judged
      .slice(0, judgedAtClose)
      .filter(({ appliedTo }) => appliedTo.includes(aggregation.name))
      .map(({ event }) => event);
  }

  /** When the closer may close something if nothing more comes; undefined: nothing is open. */
  closesAtMs(): number | undefined {
    const moments = this.open().map(
      ({ closesAtTime, aggregation }) =>
        Math.max(closesAtTime, this.lastArrivalMs) + aggregation.idleTimeoutMs,
    );
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  #judgeTime(event: ReferenceEvent): ReferenceVerdict {
    const maxTimeBefore = this.maxTime;
    this.#maxTimeBefore = maxTimeBefore;
    if (reasonOfTime(event, this.#rules) !== undefined)
      return { event, verdict: 'quarantined', maxTimeBefore, appliedTo: [], lateFor: [] };
    this.maxTime = Math.max(maxTimeBefore, shownTime(event));
    this.#hasAdvanced ||= this.maxTime > maxTimeBefore;
    this.#latestTime = Math.max(this.#latestTime, event.time);
    const [fromMs, untilMs, toMs] = [this.lastArrivalMs, this.#silentUntilMs, event.arrivalMs];
    if (fromMs >= 0 && toMs > fromMs && untilMs > fromMs) this.silences.push({ fromMs, untilMs, toMs });
    this.lastArrivalMs = Math.max(this.lastArrivalMs, event.arrivalMs);
    return this.#judge(event, maxTimeBefore);
  }

  #judge(event: ReferenceEvent, maxTimeBefore: number): ReferenceVerdict {
    if (this.#isRepeated(event)) {
      return { event, verdict: 'duplicate', maxTimeBefore, appliedTo: [], lateFor: [] };
    }
    const appliedTo: string[] = [];
    const lateFor: string[] = [];
    for (const aggregation of this.#rules.aggregations) {
      if (!takes(aggregation, event)) continue;
      if (this.#fold(aggregation, event, maxTimeBefore)) appliedTo.push(aggregation.name);
      else {
        lateFor.push(aggregation.name);
        this.lateFor.set(aggregation.name, (this.lateFor.get(aggregation.name) ?? 0) + 1);
      }
    }
    const isLate =
      appliedTo.length === 0 && (lateFor.length > 0 || isBeyondTelling(event, maxTimeBefore, this.#rules));
    const verdict = isLate ? 'late' : 'applied';
    return { event, verdict, maxTimeBefore, appliedTo, lateFor };
  }

  /** Puts the event into every open window it falls in; false if there is none. */
  #fold(aggregation: ClosingAggregation, event: ReferenceEvent, maxTimeBefore: number): boolean {
    const { window, allowedLatenessMs } = aggregation;
    const { time } = event;
    if (window.kind === 'session') return this.#foldSession(aggregation, window.gapMs, event, maxTimeBefore);
    const { closedBefore } = this.#borderOf(aggregation);
    const open = boundsAround(window, time).filter(
      ({ end }) => end + allowedLatenessMs > maxTimeBefore && end > closedBefore,
    );
    for (const { start, end } of open) {
      const known = this.open().filter((each) => each.aggregation === aggregation && each.start === start);
      this.#replace(known, aggregation, { start, end, event });
    }
    return open.length > 0;
  }

  /** `first − gap < time < last + gap` of an open one: all such become one. */
  #foldSession(
    aggregation: ClosingAggregation,
    gapMs: number,
    event: ReferenceEvent,
    maxTimeBefore: number,
  ): boolean {
    const { time } = event;
    const { closedBefore, sessionsEnd } = this.#borderOf(aggregation);
    const closed = this.windows.filter((each) => each.aggregation === aggregation && !each.isOpen);
    if (time < sessionsEnd || closed.some(({ end }) => time < end)) return false;
    const touched = this.open().filter(
      (each) => each.aggregation === aggregation && each.start - gapMs < time && time < each.end,
    );
    if (touched.length === 0 && time + gapMs + aggregation.allowedLatenessMs <= maxTimeBefore) return false;
    if (touched.length === 0 && time + gapMs <= closedBefore) return false;
    const start = Math.min(time, ...touched.map((each) => each.start));
    const end = Math.max(time + gapMs, ...touched.map((each) => each.end));
    this.#replace(touched, aggregation, { start, end, event });
    return true;
  }

  /** One window in place of some, with all their events and this one. */
  #replace(
    windows: readonly ReferenceWindow[],
    aggregation: ClosingAggregation,
    { start, end, event }: { readonly start: number; readonly end: number; readonly event: ReferenceEvent },
  ): void {
    const held = new Set(windows.flatMap(({ events }) => events));
    const events = [...this.judged.map((each) => each.event).filter((each) => held.has(each)), event];
    this.windows = this.windows.filter((each) => !windows.includes(each));
    const window = new ReferenceWindow(aggregation, { start, end, events });
    window.isMixed = windows.some((each) => each.isMixed);
    window.partial =
      windows.length === 0
        ? partOf(this.#cuts.get(keyOf(aggregation)), aggregation, start)
        : windows.map(({ partial }) => partial).reduce(bothParts, undefined);
    this.windows.push(window);
  }

  #borderOf(aggregation: ClosingAggregation): Border {
    return this.#borders.get(keyOf(aggregation)) ?? NO_BORDER;
  }

  /** Less lateness than it was begun with, now or for a time, may have ended it before anything closes it. */
  #takesStill({ aggregation, closesAtTime, end }: ReferenceWindow): boolean {
    if (aggregation.window.kind === 'session') return true;
    return closesAtTime > this.#maxTimeBefore && end > this.#borderOf(aggregation).closedBefore;
  }

  /** Within the horizon by the id alone, or with the time too; and as long as a window that holds the same event is open. */
  #isRepeated({ id, time }: ReferenceEvent): boolean {
    if (id === undefined) return false;
    const oldest = this.maxTime - this.#rules.dedupeHorizonMs;
    const applied = this.judged.filter(
      ({ event, verdict }) =>
        verdict === 'applied' && event.id !== undefined && String(event.id) === String(id),
    );
    return applied.some(({ event }) => {
      const isSame = event.time === time;
      if (event.time >= oldest && (isSame || !this.#rules.dedupeByTime)) return true;
      return (
        isSame && this.open().some((window) => window.events.includes(event) && this.#takesStill(window))
      );
    });
  }
}
