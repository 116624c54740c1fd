// The semantics of one source, event by event and with closings by silence in between: the plain model of
// reference-model.ts, kept going so that every committed state can be compared with it.
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

type ClosingAggregation = ReferenceAggregation & { readonly idleTimeoutMs: number };

export interface SourceRules extends ReferenceRules {
  readonly aggregations: readonly ClosingAggregation[];
}

export class ReferenceWindow {
  readonly aggregation: ClosingAggregation;
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
  readonly lateFor = new Map<string, number>();
  /** Greatest event time, or what a closing by silence has raised it to. */
  maxTime = -1;
  lastArrivalMs = -1;
  readonly #rules: SourceRules;

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

  /** A closing by silence: as if the source had shown this time. */
  fallSilent(floor: number): void {
    this.maxTime = floor;
  }

  /** Closes the windows whose time has come, and gives them. */
  closeDue(): ReferenceWindow[] {
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
    if (reasonOfTime(event, this.#rules) !== undefined)
      return { event, verdict: 'quarantined', maxTimeBefore, appliedTo: [], lateFor: [] };
    this.maxTime = Math.max(maxTimeBefore, shownTime(event));
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

  /** Puts the event into every open window it falls in; false: there is none. */
  #fold(aggregation: ClosingAggregation, event: ReferenceEvent, maxTimeBefore: number): boolean {
    const { window, allowedLatenessMs } = aggregation;
    const { time } = event;
    if (window.kind === 'session') return this.#foldSession(aggregation, window.gapMs, event, maxTimeBefore);
    const open = boundsAround(window, time).filter(({ end }) => end + allowedLatenessMs > maxTimeBefore);
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
    const closed = this.windows.filter((each) => each.aggregation === aggregation && !each.isOpen);
    if (closed.some(({ end }) => time < end)) return false;
    const touched = this.open().filter(
      (each) => each.aggregation === aggregation && each.start - gapMs < time && time < each.end,
    );
    if (touched.length === 0 && time + gapMs + aggregation.allowedLatenessMs <= maxTimeBefore) return false;
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
    this.windows.push(new ReferenceWindow(aggregation, { start, end, events }));
  }

  /** Within the horizon by the id alone, or with the time too; and as long as a window is open that holds the very same. */
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
      return isSame && this.open().some(({ events }) => events.includes(event));
    });
  }
}
