// Windows that become final in any order, each judged in its place: what that changes of what has been told is told as
// corrections.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, KeptWindow, Step } from './alert-state.ts';
import { doneWith, settledCount, settledUpTo, takeIn } from './kept-windows.ts';
import type { Machine, Outcome } from './machine.ts';
import { run } from './machine.ts';
import type { Told } from './transitions.ts';
import { MAX_TRANSITIONS, numbered } from './transitions.ts';
import { remember } from './window-history.ts';

/** `nowMs`: what has waited for it by the clock is judged. */
export function foldInPlace(
  rule: AlertRule,
  before: AlertState,
  { observations, nowMs }: { readonly observations: readonly KeptWindow[]; readonly nowMs?: number },
): AlertFold {
  const { windows, firstNew, beyond } = takeIn(rule, before, observations);
  const settledMs = settledUpTo(rule, before, windows, nowMs);
  const judgedBefore = settledCount(before.windows, before.settledMs);
  const judged = settledCount(windows, settledMs);
  const hasNew = firstNew < windows.length || windows.length < before.windows.length;
  if (!hasNew && judged === judgedBefore && before.owes === undefined)
    return { state: before, changed: false, more: false, beyond };
  const isAppended = before.owes === undefined && firstNew >= judgedBefore;
  const from = isAppended ? judgedBefore : 0;
  const start = isAppended ? tipOf(rule, before, judgedBefore) : baseOf(before);
  const { machine, outcomes } = run(rule, start, windows.slice(from, judged));
  const reachedMs =
    before.owes?.reachedMs ?? before.windows[judgedBefore - 1]?.start ?? before.frontier?.start;
  const untold = isAppended
    ? outcomes.filter(({ from: was, to }) => was !== to)
    : differences(before.told, outcomes, { machine, reachedMs: reachedMs ?? Number.NEGATIVE_INFINITY });
  const telling = untold.slice(0, MAX_TRANSITIONS);
  const isDone = telling.length === untold.length;
  const made = numbered(rule, before.sequence, telling);
  const state: AlertState = {
    ...before,
    status: isDone ? machine.status : (telling.at(-1)?.to ?? before.status),
    since: machine.since,
    sequence: before.sequence + made.length,
    windows,
    settledMs,
    told: toldAfter(before.told, telling),
    owes: isDone ? undefined : { reachedMs: reachedMs ?? EARLIEST_MS },
    transitions: made.length === 0 ? before.transitions : made,
  };
  return { state: isDone ? withoutDone(rule, state, judged) : state, changed: true, more: !isDone, beyond };
}

/** The first moment a Date has. */
const EARLIEST_MS = -8.64e15;

function baseOf({ base, history }: AlertState): Machine {
  return { ...base, history };
}

function tipOf(rule: AlertRule, { status, since, history, windows }: AlertState, judged: number): Machine {
  const known = windows.slice(0, judged);
  return { status, since, history: known.reduce((past, window) => remember(past, window, rule), history) };
}

/**
 * What is to be told so that what has been told is what the windows make. What is taken back comes first, then all else in
 * order; the last says how the alert stands now, which may repeat what has been told.
 */
function differences(
  told: readonly Step[],
  outcomes: readonly Outcome[],
  { machine, reachedMs }: { readonly machine: Machine; readonly reachedMs: number },
): readonly Told[] {
  const known = new Map(told.map((step) => [keyOf(step), step]));
  const now = new Map(outcomes.map((outcome) => [keyOf(outcome.window), outcome]));
  const takenBack = told.flatMap((step): readonly Told[] => {
    const outcome = now.get(keyOf(step));
    if (outcome !== undefined && outcome.from !== outcome.to) return [];
    if (outcome !== undefined) return [{ ...outcome, correction: true }];
    const next = outcomes.find(({ window }) => window.start >= step.start);
    const status = next?.from ?? machine.status;
    const window = { start: step.start, end: step.end, revision: 0, value: 0 };
    return [{ from: status, to: status, reason: 'the session is part of another', window, correction: true }];
  });
  const steps = outcomes.filter(({ from, to }) => from !== to);
  const fresh = steps.flatMap((outcome): readonly Told[] => {
    const step = known.get(keyOf(outcome.window));
    if (step?.from === outcome.from && step.to === outcome.to) return [];
    return [{ ...outcome, correction: step !== undefined || outcome.window.start <= reachedMs }];
  });
  const all = [...takenBack, ...fresh];
  const [last, latest] = [all.at(-1), steps.at(-1)];
  if (last === undefined || latest === undefined || last.window === latest.window) return all;
  return [...all, { ...latest, correction: true }];
}

function toldAfter(told: readonly Step[], telling: readonly Told[]): readonly Step[] {
  if (telling.length === 0) return told;
  const steps = new Map(told.map((step) => [keyOf(step), step]));
  for (const { from, to, window } of telling) {
    const { start, end } = window;
    if (from === to) steps.delete(keyOf(window));
    else steps.set(keyOf(window), { start, end, from, to });
  }
  return [...steps.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Lets go of the windows that nothing is to come before any more. */
function withoutDone(rule: AlertRule, state: AlertState, judged: number): AlertState {
  const done = doneWith(rule, state.windows, judged);
  const last = state.windows[done - 1];
  if (last === undefined) return state;
  const { machine } = run(rule, baseOf(state), state.windows.slice(0, done));
  const { status, since, history } = machine;
  return {
    ...state,
    base: { status, since },
    history,
    frontier: { start: last.start, revision: last.revision },
    windows: state.windows.slice(done),
    told: state.told.filter(({ start }) => start > last.start),
  };
}

function keyOf({ start, end }: Pick<Step, 'start' | 'end'>): string {
  return `${start} ${end}`;
}
