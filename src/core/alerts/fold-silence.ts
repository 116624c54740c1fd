// Silence: an alert on events that do not arrive. Only this kind needs to know how long nothing has arrived, and is given that
// time.
import type { Silence } from '../source-state.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, AlertStatus, Transition } from './alert-state.ts';
import { emptyAlertState } from './alert-state.ts';
import { current } from './fold-observations.ts';
import type { Observation } from './judge.ts';
import { describeSilence } from './judge.ts';
import { MAX_TRANSITIONS, numbered } from './transitions.ts';

export interface SilenceFold {
  readonly state: AlertState;
  readonly changed: boolean;
  /** When to look again; undefined: not before something arrives. */
  readonly checkAtMs: number | undefined;
  /** Whether to fold in the same looks again after the write, because this write already carries as many transitions as it may. */
  readonly more: boolean;
}

/** Nothing has arrived from then until now; undefined: no arrival is known. */
export interface SilenceLook {
  readonly lastArrivalMs: number | undefined;
  readonly nowMs: number;
}

/**
 * Fires once nothing has arrived for long enough at `nowMs`; resolves with the next arrival, or as stale. Looking again changes
 * nothing, whenever it is done: a silence is identified by the arrival it began with. The looks are in order of time. For a rollup,
 * the latest arrival is stored here because nothing else stores it; for a source, the source's state does.
 */
export function foldSilence(
  rule: AlertRule,
  stored: AlertState | undefined,
  ...looks: readonly SilenceLook[]
): SilenceFold {
  const before = current(rule, stored);
  const made: Transition[] = [];
  let state = before;
  let checkAtMs: number | undefined;
  let at = 0;
  for (; at < looks.length && made.length < MAX_TRANSITIONS; at += 1) {
    const look = looks[at];
    if (look !== undefined) ({ state, checkAtMs } = lookOnce(rule, state, look, made));
  }
  return {
    state: made.length === 0 ? state : { ...state, transitions: made },
    changed: made.length > 0 || state.observedMs !== before.observedMs,
    checkAtMs,
    more: at < looks.length,
  };
}

/** What there is to look at of a silence that ended: that it lasted, and what ended it. */
export function looksAt(silences: readonly Silence[]): readonly SilenceLook[] {
  return silences.flatMap(({ fromMs, knownUntilMs, toMs }) => [
    { lastArrivalMs: fromMs, nowMs: knownUntilMs },
    { lastArrivalMs: toMs, nowMs: toMs },
  ]);
}

/** The state of a source that is watched from now on: silences that had ended before are not reported. */
export function newlyWatched(rule: AlertRule, ended: readonly Silence[]): AlertState | undefined {
  const last = ended.at(-1);
  if (last === undefined) return undefined;
  return { ...emptyAlertState(rule), frontier: { start: last.fromMs, revision: 0 } };
}

function lookOnce(
  rule: AlertRule,
  before: AlertState,
  { lastArrivalMs: arrivalMs, nowMs }: SilenceLook,
  made: Transition[],
): Pick<SilenceFold, 'state' | 'checkAtMs'> {
  const afterMs = rule.when.kind === 'absent' ? rule.when.afterMs : Number.POSITIVE_INFINITY;
  const lastArrivalMs = Math.max(arrivalMs ?? NEVER_MS, before.observedMs ?? NEVER_MS);
  let state = rule.on.kind === 'rollup' ? { ...before, observedMs: lastArrivalMs } : before;
  const silentSinceMs = state.frontier?.start ?? Number.NEGATIVE_INFINITY;
  const go = (to: AlertStatus, reason: string, window: Observation, stale?: true) => {
    made.push(...numbered(rule, state.sequence, [{ from: state.status, to, reason, window, stale }]));
    state = { ...state, status: to, sequence: state.sequence + 1 };
  };
  if (state.status === 'firing' && lastArrivalMs > silentSinceMs) {
    const value = lastArrivalMs - silentSinceMs;
    const reason = `something arrived at ${new Date(lastArrivalMs).toISOString()}`;
    go('resolved', reason, { start: silentSinceMs, end: lastArrivalMs, revision: 0, value });
  }
  const dueMs = lastArrivalMs + afterMs;
  if (state.status !== 'firing' && lastArrivalMs > silentSinceMs && nowMs >= dueMs) {
    const window = { start: lastArrivalMs, end: dueMs, revision: 0, value: afterMs };
    go('firing', describeSilence(lastArrivalMs, afterMs), window);
    state = { ...state, frontier: { start: lastArrivalMs, revision: 0 } };
  }
  const staleMs = rule.stale === undefined ? Number.POSITIVE_INFINITY : lastArrivalMs + rule.stale.afterMs;
  if (state.status === 'firing' && nowMs >= staleMs) {
    const window = { start: lastArrivalMs, end: staleMs, revision: 0, value: staleMs - lastArrivalMs };
    go('resolved', `${describeSilence(lastArrivalMs, staleMs - lastArrivalMs)}: stale`, window, true);
  }
  const isOver = state.status !== 'firing' && state.frontier?.start === lastArrivalMs;
  return {
    state,
    // A source that is still silent need not be looked at soon: its next arrival resolves the alert at once.
    checkAtMs: isOver ? undefined : state.status === 'firing' ? Math.min(nowMs + afterMs, staleMs) : dueMs,
  };
}

/** Before every possible arrival. */
const NEVER_MS = -1;
