// An alert on the closed windows of one source, as docs/semantics.md says it, over the whole list of these windows:
// plain, and sharing nothing with the fold it is compared with.
import type { AlertRule, Direction, StateMeasure } from '../core/alerts/alert-rule.ts';
import { metricsOf, type ReferenceEvent } from './reference-model.ts';
import type { ReferenceWindow } from './reference-source.ts';
import type { SaidOfState } from './reference-times.ts';

export interface ReferenceObservation {
  readonly start: number;
  readonly end: number;
  readonly revision: number;
  readonly value: number;
}

export interface ReferenceTransition {
  readonly from: string;
  readonly to: string;
  readonly window: ReferenceObservation;
  /** Nothing was observed for too long. */
  readonly stale?: true | undefined;
}

/** A source's window, or a rollup's. */
interface Contents extends Pick<ReferenceWindow, 'start' | 'end' | 'events'> {
  readonly aggregation: { readonly values: ReadonlySet<string> | undefined };
  /** What events that match say of the state of this name, in the window. */
  readonly said: (name: string, matches: (event: ReferenceEvent) => boolean) => SaidOfState;
}

export class ReferenceAlert {
  readonly transitions: ReferenceTransition[] = [];
  readonly #rule: AlertRule;
  #status = 'ok';
  #since: number | undefined;
  #last: ReferenceObservation | undefined;
  /** The greatest end of a window seen. */
  #endMs: number | undefined;
  /** What windows are compared with, in order. */
  readonly #past: { start: number; value: number }[] = [];

  constructor(rule: AlertRule) {
    this.#rule = rule;
  }

  /** In the order the windows close. */
  observe(window: Contents): void {
    const value = valueIn(this.#rule, window);
    if (value === undefined) return;
    const { start, end, events } = window;
    this.see({ start, end, revision: events.length, value });
  }

  /** In order; one that has been seen says nothing again. */
  see(observation: ReferenceObservation): void {
    const { start, revision } = observation;
    const last = this.#last;
    if (last !== undefined && (start < last.start || (start === last.start && revision <= last.revision)))
      return;
    const endMs = this.#endMs;
    this.#endMs = Math.max(endMs ?? observation.end, observation.end);
    const { stale } = this.#rule;
    if (stale !== undefined && endMs !== undefined && start - endMs >= stale.afterMs) {
      const ending = this.#staleAfter(endMs, stale.afterMs);
      this.transitions.push(...ending);
      this.#status = ending[0]?.to ?? this.#status;
      if (ending.length > 0) this.#since = undefined;
    }
    this.#last = observation;
    const compared = this.#compared(observation);
    if (compared !== undefined) this.#move(observation, compared);
    this.#remember(observation);
  }

  /** Once the clock has gone on for as long as it takes after the last of them. */
  atEnd(): readonly ReferenceTransition[] {
    const { stale } = this.#rule;
    if (stale === undefined || this.#endMs === undefined) return this.transitions;
    return [...this.transitions, ...this.#staleAfter(this.#endMs, stale.afterMs)];
  }

  #staleAfter(endMs: number, afterMs: number): readonly ReferenceTransition[] {
    const from = this.#status;
    if (from !== 'pending' && from !== 'firing') return [];
    const window = { start: endMs, end: endMs + afterMs, revision: 0, value: afterMs };
    return [{ from, to: from === 'firing' ? 'resolved' : 'ok', window, stale: true }];
  }

  #move(observation: ReferenceObservation, compared: number): void {
    const { when, clear, forMs } = this.#rule;
    const { start, end, value } = observation;
    // For a state, the value is how long it had lasted.
    const began = when.kind === 'is' ? end - value : start;
    const isBelow = when.kind === 'below';
    const limit = 'threshold' in when ? when.threshold : when.kind === 'deviates' ? when.score : 0;
    const isMet = isBelow ? compared < limit : compared > limit;
    const isBeyond = isBelow ? compared > clear.bound : compared < clear.bound;
    const isClear = !isMet && (isBeyond || (clear.bound === limit && compared === limit));
    const goTo = (to: string, since?: number) => {
      this.transitions.push({ from: this.#status, to, window: observation });
      this.#status = to;
      this.#since = since;
    };
    if (this.#status === 'firing') {
      if (!isClear) this.#since = undefined;
      else {
        this.#since ??= start;
        if (end - this.#since >= clear.forMs) goTo('resolved');
      }
    } else if (this.#status === 'pending') {
      if (!isMet) goTo('ok');
      else {
        if (began > start) this.#since = began;
        if (end - (this.#since ?? began) >= forMs) goTo('firing');
      }
    } else if (isMet) {
      if (end - began >= forMs) goTo('firing');
      else goTo('pending', began);
    }
  }

  /** The number that is held against the threshold; undefined while there is nothing to compare with. */
  #compared({ start, end, value }: ReferenceObservation): number | undefined {
    const { when } = this.#rule;
    const earlier = this.#past.filter((past) => past.start < start);
    switch (when.kind) {
      case 'above':
      case 'below':
      case 'is':
        return value;
      case 'changes': {
        const before = earlier.at(-when.over)?.value;
        if (before === undefined) return undefined;
        const change = value - before;
        const size = when.by === 'difference' || change === 0 ? change : change / Math.abs(before);
        return towards(when.direction, size);
      }
      case 'deviates': {
        const recent = earlier.filter((past) => past.start >= start - when.historyMs);
        const oldest = recent[0];
        if (oldest === undefined || recent.length < 12 || start - oldest.start < when.historyMs / 7)
          return undefined;
        return towards(when.direction, score(recent, when.seasonMs, { start, lengthMs: end - start, value }));
      }
      case 'absent':
        return undefined;
    }
  }

  #remember({ start, value }: ReferenceObservation): void {
    const { when } = this.#rule;
    const single = Math.fround(Math.max(-3e38, Math.min(3e38, value)));
    const last = this.#past.at(-1);
    if (last?.start === start) {
      last.value = single;
      return;
    }
    const everyMs = when.kind === 'deviates' ? Math.max(1, Math.ceil(when.historyMs / 672)) : 1;
    const isSameStretch =
      last !== undefined && Math.floor(last.start / everyMs) === Math.floor(start / everyMs);
    if (!isSameStretch) this.#past.push({ start, value: single });
  }
}

function valueIn(
  { measure, filter }: AlertRule,
  { events, aggregation, said }: Contents,
): number | undefined {
  const passes = ({ tags }: ReferenceEvent) =>
    [...(filter.tags ?? [])].every(
      ([tag, values]) => Object.hasOwn(tags, tag) && values.has(tags[tag] ?? ''),
    );
  const passing = events.filter(passes);
  if (measure === undefined) return undefined;
  if (measure.kind === 'events') return passing.length;
  if (measure.kind === 'state') return stateValueIn(measure, said(measure.metric, passes));
  const metric = metricsOf(passing, aggregation.values).get(measure.metric);
  switch (measure.aggregate) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'mean':
    case 'first':
    case 'last':
      return metric?.[measure.aggregate];
    default:
      throw new Error(`the reference knows no alert on ${measure.aggregate}`);
  }
}

function stateValueIn(
  { aggregate, state = '' }: StateMeasure,
  { ms, changes, isKnown, endedIn }: SaidOfState,
): number | undefined {
  if (!isKnown) return undefined;
  if (aggregate === 'changes') return changes;
  if (aggregate === 'lasting') return endedIn.get(state) ?? 0;
  const own = ms.get(state) ?? 0;
  if (aggregate === 'seconds') return own / 1_000;
  const known = [...ms.values()].reduce((sum, each) => sum + each, 0);
  return known === 0 ? undefined : own / known;
}

function towards(direction: Direction, size: number): number {
  if (direction === 'both') return Math.abs(size);
  return direction === 'up' ? size : -size;
}

interface Past {
  readonly start: number;
  readonly value: number;
}

function score(
  recent: readonly Past[],
  seasonMs: number | undefined,
  { start, lengthMs, value }: { readonly start: number; readonly lengthMs: number; readonly value: number },
): number {
  const steps = recent.slice(1).map((past, at) => past.start - (recent[at]?.start ?? 0));
  const withinMs = 2 * Math.max(lengthMs, steps.length === 0 ? 0 : Math.min(...steps));
  const alike = recent.filter((past) => {
    if (seasonMs === undefined) return false;
    const seasons = Math.round((start - past.start) / seasonMs);
    return seasons >= 1 && Math.abs(start - past.start - seasons * seasonMs) <= withinMs;
  });
  const compared = alike.length < 15 ? recent : alike;
  const [all, those] = [recent, compared].map((list) => list.map((past) => past.value)) as [
    number[],
    number[],
  ];
  const [center, usual] = [median(all), median(those)];
  const meanDistance = all.reduce((sum, each) => sum + Math.abs(each - center) / all.length, 0);
  const spread = median(those.map((each) => Math.abs(each - usual))) / 0.6745;
  const scale = Math.max(spread, 0.4 * 1.2533 * meanDistance);
  const raw = value === usual ? 0 : (value - usual) / scale;
  return Math.max(-1_000, Math.min(1_000, raw));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : upper / 2 + (sorted[middle - 1] ?? 0) / 2;
}
