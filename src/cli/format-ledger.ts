// The books for people.
import { imbalance } from '../core/ledger.ts';
import type { StoredLedger } from '../stores/read-ledger.ts';
import { formatTable } from './print-table.ts';

export function formatLedger(ledger: StoredLedger): string {
  const { received, applied, duplicate, late, quarantined, sources } = ledger;
  const due = late + ledger.refused;
  const written = ledger.lateLetters + ledger.refusedLetters;
  const missing = imbalance(ledger);
  const verdict =
    missing === 0
      ? 'the books balance: received = applied + duplicate + late + quarantined'
      : `THE BOOKS DO NOT BALANCE: ${Math.abs(missing)} events ${missing > 0 ? 'without a verdict' : 'with more than one'}`;
  const letters =
    written === due
      ? []
      : [
          `${written} of ${due} late and refused events are dead letters so far; the others are not stored yet`,
        ];
  const setAside =
    ledger.setAside === 0
      ? []
      : [
          `${ledger.setAside} events had values that do not count: tidemill dead-letters list --reason value-set-aside`,
        ];
  const strays =
    ledger.strays === 0
      ? []
      : [
          `${ledger.strays} events came under a partition key that is not their source: they count once, but cost more writes`,
        ];
  const held =
    ledger.held === 0
      ? []
      : [
          `${ledger.held} events of held sources have no verdict yet: see tidemill sources held, then run tidemill sources resume`,
        ];
  const unreadable =
    ledger.unreadableSources === 0
      ? []
      : [
          `THE BOOKS OF ${ledger.unreadableSources} SOURCES CANNOT BE READ, and are not included: tidemill sources held`,
        ];
  return [
    formatTable(
      ['received', 'applied', 'duplicate', 'late', 'quarantined', 'sources'],
      [[received, applied, duplicate, late, quarantined, sources]],
    ),
    verdict,
    ...unreadable,
    ...held,
    ...letters,
    ...setAside,
    ...strays,
  ].join('\n');
}
