// One step of an alert's state machine, caused by one window: ok → pending → firing → resolved.
import { formatDurationMs } from '../duration.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertStatus, KeptWindow, Standing } from './alert-state.ts';
import type { Judgement, Observation } from './judge.ts';
import { judge } from './judge.ts';
import type { WindowHistory } from './window-history.ts';
import { remember } from './window-history.ts';

/** The status of an alert between two windows, and what the next window is compared with. */
export interface Machine extends Standing {
  readonly history: WindowHistory;
}

/** The effect of a window, or of no window arriving; if `from` equals `to`, there was none. */
export interface Outcome {
  readonly window: KeptWindow;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly reason: string;
  readonly stale?: true | undefined;
}

export interface Run {
  readonly machine: Machine;
  /** One per window, and one for each time that nothing came for too long. */
  readonly outcomes: readonly Outcome[];
}

/** The result of judging windows, in order, by a rule. */
export function run(rule: AlertRule, from: Machine, windows: readonly KeptWindow[]): Run {
  let machine = from;
  const outcomes: Outcome[] = [];
  for (const window of windows) {
    if (window.gone === true) continue;
    const { observedMs } = machine;
    if (rule.stale !== undefined && window.start - (observedMs ?? window.start) >= rule.stale.afterMs) {
      const ended = goStale(rule, machine);
      outcomes.push(...ended.outcomes);
      machine = ended.machine;
    }
    const judgement = judge(rule, machine.history, window);
    const next = move(rule, machine, window, judgement);
    const reason = judgement.holds === 'unknown' ? 'there is nothing to compare it with' : judgement.reason;
    outcomes.push({ window, from: machine.status, to: next.status, reason });
    machine = {
      ...next,
      observedMs: rule.stale === undefined ? undefined : Math.max(observedMs ?? window.end, window.end),
      history: remember(machine.history, window, rule),
    };
  }
  return { machine, outcomes };
}

/** Nothing has been observed for too long: a pending or firing alert ends. */
export function goStale({ stale }: AlertRule, machine: Machine): Run {
  const { status, observedMs } = machine;
  if (stale === undefined || observedMs === undefined || !canGoStale(status))
    return { machine, outcomes: [] };
  const to = status === 'firing' ? 'resolved' : 'ok';
  const { afterMs } = stale;
  const outcome: Outcome = {
    window: { start: observedMs, end: observedMs + afterMs, revision: 0, value: afterMs },
    from: status,
    to,
    reason: `nothing was observed from ${new Date(observedMs).toISOString()} on for ${formatDurationMs(afterMs)}: stale`,
    stale: true,
  };
  return { machine: { ...machine, status: to, since: undefined }, outcomes: [outcome] };
}

export function canGoStale(status: AlertStatus): boolean {
  return status === 'pending' || status === 'firing';
}

/** When the clock can find that nothing came for too long; undefined if nothing can go stale. */
export function staleAtMs({ stale }: AlertRule, { status, observedMs }: Standing): number | undefined {
  if (stale === undefined || observedMs === undefined || !canGoStale(status)) return undefined;
  return observedMs + stale.afterMs + stale.graceMs;
}

function move(
  rule: AlertRule,
  standing: Standing,
  { start, end, value }: Observation,
  { holds }: Judgement,
): Pick<Standing, 'status' | 'since'> {
  const { status, since } = standing;
  if (holds === 'unknown') return { status, since };
  // For a state, the exact times are known: when it began, and whether it was left and entered again.
  const began = rule.when.kind === 'is' ? end - value : start;
  switch (status) {
    case 'ok':
    case 'resolved':
      if (holds !== 'met') return { status, since };
      if (end - began >= rule.forMs) return { status: 'firing', since: undefined };
      return { status: 'pending', since: began };
    case 'pending': {
      if (holds !== 'met') return { status: 'ok', since: undefined };
      // A source's last value is known since the time it began, which may be before any window.
      const isExact = rule.when.kind === 'is' && rule.on.kind === 'last';
      const metSince = isExact || began > start ? began : (since ?? began);
      if (end - metSince >= rule.forMs) return { status: 'firing', since: undefined };
      return { status, since: metSince };
    }
    case 'firing': {
      if (holds !== 'clear') return { status, since: undefined };
      const clearSince = since ?? start;
      if (end - clearSince >= rule.clear.forMs) return { status: 'resolved', since: undefined };
      return { status, since: clearSince };
    }
  }
}
