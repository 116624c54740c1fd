// The books: every event received has exactly one verdict.

export interface Ledger {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
}

export const EMPTY_LEDGER: Ledger = { received: 0, applied: 0, duplicate: 0, late: 0, quarantined: 0 };

/** How many events are without a verdict (positive) or have more than one (negative); 0 when the books balance. */
export function imbalance(ledger: Ledger): number {
  return ledger.received - ledger.applied - ledger.duplicate - ledger.late - ledger.quarantined;
}
