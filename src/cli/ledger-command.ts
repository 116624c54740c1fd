import { Command } from 'commander';
import { imbalance } from '../core/ledger.ts';
import { readLedger, type StoredLedger } from '../stores/read-ledger.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { formatTable } from './print-table.ts';

export function ledgerCommand(): Command {
  return withStoreOptions(new Command('ledger'))
    .description('what became of every event: the books, and whether they balance')
    .option('--json', 'one JSON object on stdout')
    .action(async ({ json, ...where }: StoreOptions & { json?: true }) => {
      const ledger = await useStores(where, ({ states, deadLetters }) => readLedger(states, deadLetters));
      const balanced = imbalance(ledger) === 0;
      process.stdout.write(
        json ? `${JSON.stringify({ ...ledger, balanced })}\n` : `${formatLedger(ledger)}\n`,
      );
      if (!balanced) process.exitCode = 1;
    });
}

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
      : [`${written} of ${due} late events are in the dead letters: the changelog is not read to its end`];
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
          `${ledger.strays} events came under a partition key that is not their source: counted once all the same, at more writes`,
        ];
  const held =
    ledger.held === 0
      ? []
      : [
          `${ledger.held} events wait for sources that are held, and have no verdict yet: tidemill sources held, then tidemill sources resume`,
        ];
  const unreadable =
    ledger.unreadableSources === 0
      ? []
      : [
          `THE BOOKS OF ${ledger.unreadableSources} SOURCES CANNOT BE READ, and are not in these: tidemill sources held`,
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
