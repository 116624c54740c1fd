// What the state of an alert holds beside how it stands and what it has told: here nothing.
import type { AlertState } from '../../src/core/alerts/alert-state.ts';

export const BLANK_ALERT: Omit<AlertState, 'status' | 'sequence' | 'transitions'> = {
  compares: '',
  judgedBy: '',
  since: undefined,
  observedMs: undefined,
  base: { status: 'ok', since: undefined, observedMs: undefined },
  history: [],
  frontier: undefined,
  windows: [],
  settledMs: undefined,
  staleAtMs: undefined,
  told: [],
  owes: undefined,
};
