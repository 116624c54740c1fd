import { imbalance } from '../../src/core/ledger.ts';
import { AuditStore } from '../../src/stores/audit/audit-progress.ts';
import { readAuditReport } from '../../src/stores/audit/read-report.ts';
import { LEDGER_AGE_MS, readLedgerTotals } from '../../src/stores/ledger-totals.ts';
import type { LedgerAnswer } from '../../src/wire/api/answers.ts';
import type { Outcome } from './outcome.ts';
import { notYet } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

/** The books as last added up: see `readLedgerTotals`. */
export async function getLedger(_: object, deps: QueryDeps): Promise<Outcome<LedgerAnswer>> {
  const { readersTable: table, states, deadLetters, clock } = deps;
  const totals = await readLedgerTotals({ table, states, deadLetters, nowMs: () => clock.nowMs() });
  if (totals === undefined)
    return notYet('The books are being added up for the first time: ask again in a second');
  const audit = await readAuditReport(new AuditStore(table));
  const ageSeconds = Math.max(0, clock.nowMs() - totals.toMs) / 1_000;
  const maxAge = Math.max(0, Math.floor(LEDGER_AGE_MS / 1_000 - ageSeconds));
  return {
    kind: 'answer',
    body: {
      ...totals,
      balanced: imbalance(totals) === 0,
      ...(audit === undefined ? {} : { audit }),
    },
    cacheControl: `private, max-age=${maxAge}`,
  };
}
