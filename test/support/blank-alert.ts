// What the state of an alert holds beside how it stands and what it has told: here nothing.
import type { AlertState } from '../../src/core/alerts/alert-state.ts';

export const BLANK_ALERT: Omit<AlertState, 'status' | 'sequence' | 'transitions'> = {
  compares: '',
  judgedBy: '',
  since: undefined,
  base: { status: 'ok', since: undefined },
  history: [],
  frontier: undefined,
  windows: [],
  settledMs: undefined,
  told: [],
  owes: undefined,
};
