// The semantics of one source, event by event and with closings by silence in between: the plain model of
// reference-model.ts, kept going so that every committed state can be compared with it.
import {
  metricsOf,
  type ReferenceEvent,
  type ReferenceMetric,
  type ReferenceRules,
  type ReferenceVerdict,
  windowStart,
} from './reference-model.ts';

export type ReferenceAggregation = ReferenceRules['aggregations'][number] & {
  readonly idleTimeoutMs: number;
};

export interface SourceRules extends ReferenceRules {
  readonly aggregations: readonly ReferenceAggregation[];
}

export class ReferenceWindow {
  readonly aggregation: ReferenceAggregation;
  readonly start: number;
  readonly end: number;
  readonly events: ReferenceEvent[] = [];
  isOpen = true;

  constructor(aggregation: ReferenceAggregation, start: number) {
    this.aggregation = aggregation;
    this.start = start;
    this.end = start + aggregation.sizeMs;
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
  readonly windows: ReferenceWindow[] = [];
  readonly counts = { received: 0, applied: 0, duplicate: 0, late: 0 };
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
  receive(event: ReferenceEvent, arrivalMs: number): ReferenceVerdict {
    const maxTimeBefore = this.maxTime;
    this.maxTime = Math.max(maxTimeBefore, event.time);
    this.lastArrivalMs = Math.max(this.lastArrivalMs, arrivalMs);
    const judgement = this.#judge(event, maxTimeBefore);
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
    for (const window of due) window.isOpen = false;
    return due;
  }

  open(): ReferenceWindow[] {
    return this.windows.filter(({ isOpen }) => isOpen);
  }

  /** When the closer may close something if nothing more comes; undefined: nothing is open. */
  closesAtMs(): number | undefined {
    const moments = this.open().map(
      ({ closesAtTime, aggregation }) =>
        Math.max(closesAtTime, this.lastArrivalMs) + aggregation.idleTimeoutMs,
    );
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** Ids that tell duplicates, each with its event's time. */
  rememberedIds(): ReadonlyMap<string, number> {
    const oldest = this.maxTime - this.#rules.dedupeHorizonMs;
    const remembered = new Map<string, number>();
    for (const { event, verdict } of this.judged) {
      if (verdict === 'applied' && event.id !== undefined && event.time >= oldest)
        remembered.set(event.id, event.time);
    }
    return remembered;
  }

  #judge(event: ReferenceEvent, maxTimeBefore: number): ReferenceVerdict {
    if (this.#isRemembered(event.id)) return { event, verdict: 'duplicate', appliedTo: [] };
    const appliedTo: string[] = [];
    for (const aggregation of this.#rules.aggregations) {
      const start = windowStart(event.time, aggregation.sizeMs);
      if (start + aggregation.sizeMs + aggregation.allowedLatenessMs > maxTimeBefore) {
        this.#windowAt(aggregation, start).events.push(event);
        appliedTo.push(aggregation.name);
      } else {
        this.lateFor.set(aggregation.name, (this.lateFor.get(aggregation.name) ?? 0) + 1);
      }
    }
    return { event, verdict: appliedTo.length > 0 ? 'applied' : 'late', appliedTo };
  }

  #isRemembered(id: string | undefined): boolean {
    const oldest = this.maxTime - this.#rules.dedupeHorizonMs;
    return this.judged.some(
      ({ event, verdict }) =>
        id !== undefined && event.id === id && verdict === 'applied' && event.time >= oldest,
    );
  }

  #windowAt(aggregation: ReferenceAggregation, start: number): ReferenceWindow {
    const known = this.windows.find((window) => window.aggregation === aggregation && window.start === start);
    if (known !== undefined) return known;
    const window = new ReferenceWindow(aggregation, start);
    this.windows.push(window);
    return window;
  }
}
