// The state machine of an alert: ok → pending → firing → resolved, driven by windows in order, in event time. Pure: the
// same windows give the same transitions, each once, however often and in whatever batches they come.
import { isSession } from '../window-spec.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, AlertStatus, Transition } from './alert-state.ts';
import { comparesOf, emptyAlertState } from './alert-state.ts';
import type { Judgement, Observation } from './judge.ts';
import { judge } from './judge.ts';
import { remember } from './window-history.ts';

export interface AlertFold {
  /** Undefined: the subject has none, and needs none. */
  readonly state: AlertState | undefined;
  /**
   * Whether it must be written. What a window of a source leaves as it was need not: judged again it does so again, and
   * an older one cannot come after it. Where one can (rollups, windows still open, sessions), its place must be known.
   */
  readonly changed: boolean;
  /** Where to go on after the write: less than the number of observations where it has transitions enough. */
  readonly next: number;
}

/** Transitions one write carries: a few hundred bytes each. */
export const MAX_TRANSITIONS = 50;

/** Folds observations of one subject, in the order of their windows, from `from` on. */
export function foldObservations(
  rule: AlertRule,
  stored: AlertState | undefined,
  observations: readonly Observation[],
  from = 0,
): AlertFold {
  const before = current(rule, stored);
  let state = before;
  const made: Transition[] = [];
  let at = from;
  for (; at < observations.length && made.length < MAX_TRANSITIONS; at += 1) {
    const observation = observations[at];
    if (observation === undefined || isKnown(state, observation)) continue;
    const { due, waiting } = settle(rule, state, observation);
    state = { ...state, waiting };
    for (const window of due) {
      const moved = move(rule, state, window, judge(rule, state.history, window));
      if (moved.transition !== undefined) made.push(moved.transition);
      state = { ...moved.state, history: remember(state.history, window, rule) };
    }
  }
  const changed =
    made.length > 0 ||
    state.since !== before.since ||
    state.history !== before.history ||
    state.waiting !== before.waiting ||
    (comesInAnyOrder(rule) && state.frontier?.start !== before.frontier?.start);
  if (!changed) return { state: stored, changed, next: at };
  return { state: made.length === 0 ? state : { ...state, transitions: made }, changed, next: at };
}

/** Of a rule that compares something else now, the history is of no use; what is firing is firing still. */
export function current(rule: AlertRule, stored: AlertState | undefined): AlertState {
  if (stored === undefined) return emptyAlertState(rule);
  const compares = comparesOf(rule);
  return stored.compares === compares ? stored : { ...stored, compares, history: [], waiting: [] };
}

/** Rollups, open windows, and sessions: one that is open may reach back over one that has closed. */
function comesInAnyOrder({ on }: AlertRule): boolean {
  if (on.kind !== 'aggregation') return on.kind === 'rollup';
  return on.provisional || isSession(on.spec);
}

function isKnown({ frontier }: AlertState, { start, revision }: Observation): boolean {
  if (frontier === undefined || start > frontier.start) return false;
  return start < frontier.start || revision <= frontier.revision;
}

/**
 * A rollup's windows come as its sources close theirs: the latest of them wait for slower sources, and are judged in
 * order once the series has gone on far enough past them.
 */
function settle(
  { on }: AlertRule,
  { waiting, frontier }: AlertState,
  observation: Observation,
): { readonly due: readonly Observation[]; readonly waiting: readonly Observation[] } {
  const settleMs = on.kind === 'rollup' ? on.settleMs : 0;
  // One that has been judged already is judged again at once.
  if (settleMs === 0 || observation.start === frontier?.start) return { due: [observation], waiting };
  const known = waiting.find(({ start }) => start === observation.start);
  if (known !== undefined && known.revision >= observation.revision) return { due: [], waiting };
  const all = [...waiting.filter((window) => window !== known), observation].sort(
    (a, b) => a.start - b.start,
  );
  const latestMs = all.reduce((latest, { end }) => Math.max(latest, end), 0);
  const left = all.findIndex(({ end }) => end + settleMs > latestMs);
  const due = Math.max(left, all.length - MAX_WAITING);
  return { due: all.slice(0, due), waiting: all.slice(due) };
}

/** More wait only where windows are much shorter than the time they are given: then the oldest is judged. */
const MAX_WAITING = 64;

interface Move {
  readonly state: AlertState;
  readonly transition?: Transition;
}

function move(rule: AlertRule, state: AlertState, window: Observation, judgement: Judgement): Move {
  const { start, revision, end } = window;
  const at: AlertState = { ...state, frontier: { start, revision } };
  if (judgement.holds === 'unknown') return { state: at };
  const { holds, reason } = judgement;
  const to = (status: AlertStatus, since?: number) =>
    transit(rule, at, { to: status, since, reason, window });
  switch (state.status) {
    case 'ok':
    case 'resolved':
      if (holds !== 'met') return { state: at };
      return end - start >= rule.forMs ? to('firing') : to('pending', start);
    case 'pending':
      if (holds !== 'met') return to('ok');
      return end - (state.since ?? start) >= rule.forMs ? to('firing') : { state: at };
    case 'firing': {
      if (holds !== 'clear') return { state: { ...at, since: undefined } };
      const since = state.since ?? start;
      return end - since >= rule.clear.forMs ? to('resolved') : { state: { ...at, since } };
    }
  }
}

/** A step of the state machine, numbered. */
export function transit(
  rule: AlertRule,
  state: AlertState,
  step: {
    readonly to: AlertStatus;
    readonly since?: number | undefined;
    readonly reason: string;
    readonly window: Observation;
  },
): Move & { readonly transition: Transition } {
  const { to, since, reason, window } = step;
  const sequence = state.sequence + 1;
  return {
    state: { ...state, status: to, sequence, since },
    transition: { sequence, from: state.status, to, severity: rule.severity, reason, window },
  };
}
