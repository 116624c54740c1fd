import { Command } from 'commander';
import { imbalance } from '../core/ledger.ts';
import { readLedger } from '../stores/read-ledger.ts';
import { formatLedger } from './format-ledger.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';

export function ledgerCommand(): Command {
  return withStoreOptions(new Command('ledger'))
    .description('the ledger: how many events got which verdict, and whether the sums balance')
    .option('--json', 'one JSON object on stdout')
    .action(async ({ json, ...where }: StoreOptions & { json?: true }) => {
      const ledger = await useStores(where, ({ states, deadLetters }) => readLedger(states, deadLetters), {
        of: 'current',
      });
      const balanced = imbalance(ledger) === 0;
      process.stdout.write(
        json ? `${JSON.stringify({ ...ledger, balanced })}\n` : `${formatLedger(ledger)}\n`,
      );
      if (!balanced) process.exitCode = 1;
    });
}
