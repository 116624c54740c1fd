// Windows may become final in any order. Each is judged in its place, and if that changes what has been published, corrections are
// published.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, KeptWindow, Step } from './alert-state.ts';
import { doneWith, settledCount, settledUpTo, takeIn } from './kept-windows.ts';
import type { Machine, Outcome, Run } from './machine.ts';
import { goStale, run, staleAtMs } from './machine.ts';
import type { Told } from './transitions.ts';
import { MAX_TRANSITIONS, numbered } from './transitions.ts';
import { remember } from './window-history.ts';

/** `nowMs`: windows that have waited until then by the clock are judged. */
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
  const dueMs = staleAtMs(rule, before);
  const isStale = dueMs !== undefined && nowMs !== undefined && nowMs >= dueMs;
  if (!hasNew && !isStale && judged === judgedBefore && before.owes === undefined)
    return { state: before, changed: false, more: false, beyond };
  const foundStaleMs = isStale ? nowMs : before.staleAtMs;
  // The clock found that nothing came; windows that have arrived since may require a different transition.
  const isAppended = before.owes === undefined && firstNew >= judgedBefore && foundStaleMs === undefined;
  const from = isAppended ? judgedBefore : 0;
  const start = isAppended ? tipOf(rule, before, judgedBefore) : baseOf(before);
  const made = runToTheEnd(rule, start, { windows: windows.slice(from, judged), foundStaleMs });
  const { machine, outcomes } = made;
  const reachedMs =
    before.owes?.reachedMs ?? before.windows[judgedBefore - 1]?.start ?? before.frontier?.start;
  const untold = isAppended
    ? outcomes.filter(({ from: was, to }) => was !== to)
    : differences(before.told, outcomes, {
        ...{ machine, reachedMs: reachedMs ?? Number.NEGATIVE_INFINITY },
        unless: rule.on.kind === 'rollup' ? EMPTIED : MERGED,
      });
  const telling = untold.slice(0, MAX_TRANSITIONS);
  const isDone = telling.length === untold.length;
  const transitions = numbered(rule, before.sequence, telling);
  const state: AlertState = {
    ...before,
    status: isDone ? machine.status : (telling.at(-1)?.to ?? before.status),
    since: machine.since,
    observedMs: machine.observedMs,
    staleAtMs: foundStaleMs,
    sequence: before.sequence + transitions.length,
    windows,
    settledMs,
    told: toldAfter(before.told, telling),
    owes: isDone ? undefined : { reachedMs: reachedMs ?? EARLIEST_MS },
    transitions: transitions.length === 0 ? before.transitions : transitions,
  };
  return { state: isDone ? withoutDone(rule, state, judged) : state, changed: true, more: !isDone, beyond };
}

/** The windows, followed by the finding that nothing came, if the clock has found that after the last of them. */
function runToTheEnd(
  rule: AlertRule,
  start: Machine,
  {
    windows,
    foundStaleMs,
  }: { readonly windows: readonly KeptWindow[]; readonly foundStaleMs: number | undefined },
): Run {
  const { machine, outcomes } = run(rule, start, windows);
  const dueMs = staleAtMs(rule, machine);
  if (foundStaleMs === undefined || dueMs === undefined || foundStaleMs < dueMs) return { machine, outcomes };
  const ended = goStale(rule, machine);
  return { machine: ended.machine, outcomes: [...outcomes, ...ended.outcomes] };
}

/** The earliest time that a Date can represent. */
const EARLIEST_MS = -8.64e15;

function baseOf({ base, history }: AlertState): Machine {
  return { ...base, history };
}

function tipOf(
  rule: AlertRule,
  { status, since, observedMs, history, windows }: AlertState,
  judged: number,
): Machine {
  const known = windows.slice(0, judged).filter(({ gone }) => gone !== true);
  return {
    status,
    since,
    observedMs,
    history: known.reduce((past, window) => remember(past, window, rule), history),
  };
}

/**
 * The transitions to publish so that what has been published agrees with the windows. Withdrawn ones come first, then all others in
 * order. The last one states the alert's present status, which may repeat what has been published.
 */
function differences(
  told: readonly Step[],
  outcomes: readonly Outcome[],
  {
    machine,
    reachedMs,
    unless,
  }: { readonly machine: Machine; readonly reachedMs: number; readonly unless: string },
): readonly Told[] {
  const known = new Map(told.map((step) => [keyOf(step), step]));
  const now = new Map(outcomes.map((outcome) => [keyOf(placeOf(outcome)), outcome]));
  const takenBack = told.flatMap((step): readonly Told[] => {
    const outcome = now.get(keyOf(step));
    if (outcome !== undefined && outcome.from !== outcome.to) return [];
    if (outcome !== undefined) return [{ ...outcome, correction: true }];
    const next = outcomes.find(({ window }) => window.start >= step.start);
    const status = next?.from ?? machine.status;
    const window = { start: step.start, end: step.end, revision: 0, value: 0 };
    const { stale } = step;
    const reason = stale === true ? 'something was observed after all' : unless;
    return [{ from: status, to: status, reason, window, correction: true, stale }];
  });
  const steps = outcomes.filter(({ from, to }) => from !== to);
  const fresh = steps.flatMap((outcome): readonly Told[] => {
    const step = known.get(keyOf(placeOf(outcome)));
    if (step?.from === outcome.from && step.to === outcome.to) return [];
    return [{ ...outcome, correction: step !== undefined || outcome.window.start <= reachedMs }];
  });
  const all = [...takenBack, ...fresh];
  const [last, latest] = [all.at(-1), steps.at(-1)];
  if (last === undefined || latest === undefined || last.window === latest.window) return all;
  return [...all, { ...latest, correction: true }];
}

/** Why a window that was judged is there no more. */
const MERGED = 'the session is part of another';
const EMPTIED = 'the window no longer holds what it was judged by: a source was put back';

function placeOf({ window: { start, end }, stale }: Outcome): Pick<Step, 'start' | 'end' | 'stale'> {
  return { start, end, stale };
}

function toldAfter(told: readonly Step[], telling: readonly Told[]): readonly Step[] {
  if (telling.length === 0) return told;
  const steps = new Map(told.map((step) => [keyOf(step), step]));
  for (const { from, to, window, stale } of telling) {
    const { start, end } = window;
    const step = { start, end, from, to, ...(stale === true ? { stale } : {}) };
    if (from === to) steps.delete(keyOf(step));
    else steps.set(keyOf(step), step);
  }
  return [...steps.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Drops the windows that no other window can precede any more. */
function withoutDone(rule: AlertRule, state: AlertState, judged: number): AlertState {
  const done = doneWith(rule, state.windows, judged);
  const last = state.windows[done - 1];
  if (last === undefined) return state;
  const { machine } = run(rule, baseOf(state), state.windows.slice(0, done));
  const { status, since, observedMs, history } = machine;
  return {
    ...state,
    base: { status, since, observedMs },
    history,
    frontier: { start: last.start, revision: last.revision },
    windows: state.windows.slice(done),
    told: state.told.filter(({ start, stale }) =>
      stale === true ? start >= (observedMs ?? last.end) : start > last.start,
    ),
  };
}

function keyOf({ start, end, stale }: Pick<Step, 'start' | 'end' | 'stale'>): string {
  return `${start} ${end} ${stale === true ? 'stale' : ''}`;
}
