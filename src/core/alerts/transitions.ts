// Transitions of an alert as they are published: numbered, with their causes.
import type { AlertRule } from './alert-rule.ts';
import type { Transition } from './alert-state.ts';
import type { Observation } from './judge.ts';
import type { Outcome } from './machine.ts';

/** Transitions one write carries: a few hundred bytes each. */
export const MAX_TRANSITIONS = 50;

export interface Told extends Omit<Outcome, 'window'> {
  readonly window: Observation;
  readonly correction?: boolean;
}

/** `sequence`: that of the latest earlier transition. */
export function numbered(
  { severity }: AlertRule,
  sequence: number,
  steps: readonly Told[],
): readonly Transition[] {
  return steps.map(({ from, to, reason, window, correction, stale }, at) => {
    const { start, end, revision, value } = window;
    const transition = { sequence: sequence + at + 1, from, to, severity, reason };
    return {
      ...transition,
      window: { start, end, revision, value },
      ...(correction === true ? { correction } : {}),
      ...(stale === true ? { stale } : {}),
    };
  });
}
