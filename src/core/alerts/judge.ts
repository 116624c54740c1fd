// Whether an alert's condition holds for one window, and why, in words for a notification.
import { formatDurationMs } from '../duration.ts';
import type { AlertRule, Direction, Measure } from './alert-rule.ts';
import { ELSEWHERE } from './alert-rule.ts';
import { deviationOf } from './deviation.ts';
import type { WindowHistory } from './window-history.ts';

/** The facts of a window that an alert watches. */
export interface Observation {
  readonly start: number;
  readonly end: number;
  /** Rises with every change of the window. */
  readonly revision: number;
  readonly value: number;
}

export type Judgement =
  /** `between`: the condition does not hold, but the value has not come back far enough to resolve. */
  | { readonly holds: 'met' | 'between' | 'clear'; readonly reason: string }
  /** There is nothing to compare with yet. */
  | { readonly holds: 'unknown' };

/** Looks only at the history before the window, so that judging it again gives the same result. */
export function judge(rule: AlertRule, history: WindowHistory, observation: Observation): Judgement {
  const { when } = rule;
  const { value, start, end } = observation;
  const what = describeMeasure(rule.measure);
  switch (when.kind) {
    case 'above':
      return compared(rule, value, `${what} is ${figure(value)}`, { over: when.threshold });
    case 'below':
      return compared(rule, value, `${what} is ${figure(value)}`, { under: when.threshold });
    case 'changes': {
      const earlier = history.filter((past) => past.start < start).at(-when.over);
      if (earlier === undefined) return { holds: 'unknown' };
      const change = inDirection(changeOf(value, earlier.value, when.by), when.direction);
      const size = when.by === 'ratio' ? percent : figure;
      const reason = `${what} went from ${figure(earlier.value)} to ${figure(value)}, a change of ${size(change)}`;
      return compared(rule, change, reason, { over: when.threshold }, size);
    }
    case 'deviates': {
      const deviation = deviationOf(when, history, { start, lengthMs: end - start, value });
      if (deviation === undefined) return { holds: 'unknown' };
      const score = inDirection(deviation.score, when.direction);
      const usual = deviation.seasonal ? 'usual at this time' : 'usual lately';
      const reason = `${what} is ${figure(value)} where ${figure(deviation.expected)} is ${usual}, a score of ${figure(score)}`;
      return compared(rule, score, reason, { over: when.score });
    }
    case 'is':
      return judgeState(rule, when.state, observation);
    case 'absent':
      return { holds: 'unknown' };
  }
}

function judgeState({ on, measure }: AlertRule, wanted: string, { end, value }: Observation): Judgement {
  const name = measure?.kind === 'state' ? measure.metric : '';
  const state = JSON.stringify(wanted);
  if (on.kind === 'last') {
    return value === ELSEWHERE
      ? { holds: 'clear', reason: `${name} is not ${state}` }
      : { holds: 'met', reason: `${name} is ${state}, since ${new Date(end - value).toISOString()}` };
  }
  const whose = on.kind === 'rollup' ? `${name} of a source` : name;
  if (value > 0) {
    const reason = `${whose} was ${state} at the end of the window, for ${formatDurationMs(value)} of it`;
    return { holds: 'met', reason };
  }
  const nobody = on.kind === 'rollup' ? `${name} of no source was` : `${name} was not`;
  return { holds: 'clear', reason: `${nobody} ${state} at the end of the window` };
}

export function describeMeasure(measure: Measure | undefined): string {
  if (measure === undefined) return 'silence';
  if (measure.kind === 'events') return 'the number of events';
  const of = `${measure.aggregate} of ${measure.metric}`;
  return measure.kind === 'state' && measure.state !== undefined
    ? `${of} in ${JSON.stringify(measure.state)}`
    : of;
}

export function describeSilence(lastArrivalMs: number, afterMs: number): string {
  return `nothing has arrived since ${new Date(lastArrivalMs).toISOString()}, for more than ${formatDurationMs(afterMs)}`;
}

function compared(
  { clear }: AlertRule,
  value: number,
  reason: string,
  limit: { readonly over: number } | { readonly under: number },
  inWords: (limit: number) => string = figure,
): Judgement {
  const bound = inWords(clear.bound);
  if ('over' in limit) {
    const over = inWords(limit.over);
    if (value > limit.over) return { holds: 'met', reason: `${reason}, above ${over}` };
    const back = clear.bound === limit.over ? value <= clear.bound : value < clear.bound;
    if (back) return { holds: 'clear', reason: `${reason}, no longer above ${bound}` };
    return { holds: 'between', reason: `${reason}, between ${bound} and ${over}` };
  }
  const under = inWords(limit.under);
  if (value < limit.under) return { holds: 'met', reason: `${reason}, below ${under}` };
  const back = clear.bound === limit.under ? value >= clear.bound : value > clear.bound;
  if (back) return { holds: 'clear', reason: `${reason}, no longer below ${bound}` };
  return { holds: 'between', reason: `${reason}, between ${under} and ${bound}` };
}

/** A ratio to zero: any change is infinitely large. */
function changeOf(now: number, before: number, by: 'difference' | 'ratio'): number {
  const difference = now - before;
  if (by === 'difference' || difference === 0) return difference;
  return difference / Math.abs(before);
}

/** Positive if the value moves in the watched direction. */
function inDirection(change: number, direction: Direction): number {
  if (direction === 'both') return Math.abs(change);
  return direction === 'up' ? change : -change;
}

/** Six significant digits, for people to read. */
function figure(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function percent(ratio: number): string {
  return `${figure(100 * ratio)} %`;
}
