// The effect of a subject's windows on an alert. It is a function of the windows alone, in order of time, in whatever order and
// batches they arrive and however often. A window that becomes final behind one already judged is judged in its place.
import { isSession } from '../window-spec.ts';
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, KeptWindow, Transition } from './alert-state.ts';
import { comparesOf, emptyAlertState, judgedByOf } from './alert-state.ts';
import { foldInPlace } from './fold-in-place.ts';
import { comesOutOfOrder, settledCount } from './kept-windows.ts';
import type { Machine } from './machine.ts';
import { canGoStale, run } from './machine.ts';
import { MAX_TRANSITIONS, numbered } from './transitions.ts';
import { remember } from './window-history.ts';

/** Folds in windows of one subject: final ones, and open ones whose condition more events cannot undo. */
export function foldObservations(
  rule: AlertRule,
  stored: AlertState | undefined,
  observations: readonly KeptWindow[],
): AlertFold {
  const before = current(rule, stored);
  const fold = comesOutOfOrder(rule)
    ? foldInPlace(rule, before, { observations })
    : foldInOrder(rule, before, observations);
  return fold.changed ? fold : { ...fold, state: stored };
}

/**
 * A state continued under the present rule. If the rule now compares something else, the history is dropped; if it only judges
 * differently, what has been judged stays as it was. A firing alert stays firing.
 */
export function current(rule: AlertRule, stored: AlertState | undefined): AlertState {
  if (stored === undefined) return emptyAlertState(rule);
  const [compares, judgedBy] = [comparesOf(rule), judgedByOf(rule)];
  const isOther = stored.compares !== compares;
  if (!isOther && stored.judgedBy === judgedBy && (stored.windows.length === 0 || comesOutOfOrder(rule)))
    return stored;
  const judged = stored.windows.slice(0, settledCount(stored.windows, stored.settledMs));
  const { status, since, observedMs } = stored;
  const last = (isOther ? stored.windows : judged).at(-1);
  return {
    ...stored,
    compares,
    judgedBy,
    base: { status, since, observedMs },
    history: isOther ? [] : historyAfter(rule, stored.history, judged),
    frontier: last === undefined ? stored.frontier : { start: last.start, revision: last.revision },
    windows: isOther ? [] : stored.windows.slice(judged.length),
    told: [],
    owes: undefined,
  };
}

function historyAfter(
  rule: AlertRule,
  history: AlertState['history'],
  windows: readonly KeptWindow[],
): AlertState['history'] {
  const judged = windows.filter(({ gone }) => gone !== true);
  return judged.reduce((known, window) => remember(known, window, rule), history);
}

function foldInOrder(rule: AlertRule, before: AlertState, observations: readonly KeptWindow[]): AlertFold {
  let machine: Machine = {
    status: before.status,
    since: before.since,
    observedMs: before.observedMs,
    history: before.history,
  };
  let { frontier } = before;
  const made: Transition[] = [];
  let at = 0;
  for (; at < observations.length && made.length < MAX_TRANSITIONS; at += 1) {
    const window = observations[at];
    if (window === undefined || isKnown(frontier, window)) continue;
    const { outcomes, machine: next } = run(rule, machine, [window]);
    const steps = outcomes.filter(({ from, to }) => from !== to);
    made.push(...numbered(rule, before.sequence + made.length, steps));
    machine = next;
    frontier = { start: window.start, revision: window.revision };
  }
  const { status, since, observedMs, history } = machine;
  const changed =
    made.length > 0 ||
    since !== before.since ||
    history !== before.history ||
    (rule.stale !== undefined && canGoStale(status) && observedMs !== before.observedMs) ||
    (needsPlace(rule) && frontier?.start !== before.frontier?.start);
  const state: AlertState = {
    ...before,
    status,
    since,
    observedMs,
    history,
    frontier,
    base: { status, since, observedMs },
    sequence: before.sequence + made.length,
    transitions: made.length === 0 ? before.transitions : made,
  };
  return { state, changed, more: at < observations.length, beyond: [] };
}

/** An open session may reach back over one that has closed. */
function needsPlace({ on }: AlertRule): boolean {
  return on.kind === 'aggregation' && isSession(on.spec);
}

function isKnown(frontier: AlertState['frontier'], { start, revision }: KeptWindow): boolean {
  if (frontier === undefined || start > frontier.start) return false;
  return start < frontier.start || revision <= frontier.revision;
}
