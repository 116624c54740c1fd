// One step of an alert's state machine: ok → pending → firing → resolved, by what one window says.
import type { AlertRule } from './alert-rule.ts';
import type { AlertStatus, KeptWindow, Standing } from './alert-state.ts';
import type { Judgement, Observation } from './judge.ts';
import { judge } from './judge.ts';
import type { WindowHistory } from './window-history.ts';
import { remember } from './window-history.ts';

/** How an alert stands between two windows, and what the next one is compared with. */
export interface Machine extends Standing {
  readonly history: WindowHistory;
}

/** What a window did; nothing, where `from` is `to`. */
export interface Outcome {
  readonly window: KeptWindow;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly reason: string;
}

export interface Run {
  readonly machine: Machine;
  /** One a window. */
  readonly outcomes: readonly Outcome[];
}

/** What a rule makes of windows that are in order. */
export function run(rule: AlertRule, from: Machine, windows: readonly KeptWindow[]): Run {
  let machine = from;
  const outcomes = windows.map((window) => {
    const judgement = judge(rule, machine.history, window);
    const next = move(rule, machine, window, judgement);
    const reason = judgement.holds === 'unknown' ? 'there is nothing to compare it with' : judgement.reason;
    const outcome: Outcome = { window, from: machine.status, to: next.status, reason };
    machine = { ...next, history: remember(machine.history, window, rule) };
    return outcome;
  });
  return { machine, outcomes };
}

function move(
  rule: AlertRule,
  standing: Standing,
  { start, end }: Observation,
  { holds }: Judgement,
): Standing {
  const { status, since } = standing;
  if (holds === 'unknown') return { status, since };
  switch (status) {
    case 'ok':
    case 'resolved':
      if (holds !== 'met') return { status, since };
      if (end - start >= rule.forMs) return { status: 'firing', since: undefined };
      return { status: 'pending', since: start };
    case 'pending':
      if (holds !== 'met') return { status: 'ok', since: undefined };
      if (end - (since ?? start) >= rule.forMs) return { status: 'firing', since: undefined };
      return { status, since };
    case 'firing': {
      if (holds !== 'clear') return { status, since: undefined };
      const clearSince = since ?? start;
      if (end - clearSince >= rule.clear.forMs) return { status: 'resolved', since: undefined };
      return { status, since: clearSince };
    }
  }
}
