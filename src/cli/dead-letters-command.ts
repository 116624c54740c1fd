import { Command } from 'commander';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { DeadLetter } from '../stores/dead-letters.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';

interface ListOptions extends StoreOptions {
  readonly reason?: string;
  readonly limit: number;
  readonly json?: true;
}

export function deadLettersCommand(): Command {
  const list = withStoreOptions(new Command('list'))
    .description('list dead letters: where each event stood in the stream, what was wrong, what it said')
    .option('--reason <code>', 'only those with this reason, e.g. late, not-json, time, clock-skew')
    .option('--limit <n>', 'how many', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object a line, with the whole payload')
    .action(listDeadLetters);
  return new Command('dead-letters')
    .description('events that are in no window: quarantined or late')
    .addCommand(list);
}

async function listDeadLetters(options: ListOptions): Promise<void> {
  const letters = await useStores(options, async ({ deadLetters }) => {
    const found: DeadLetter[] = [];
    for await (const letter of deadLetters.list()) {
      if (options.reason === undefined || letter.reason === options.reason) found.push(letter);
    }
    return found.sort(inStreamOrder);
  });
  const shown = letters.slice(0, options.limit);
  if (options.json) {
    for (const letter of shown) process.stdout.write(`${JSON.stringify(letter)}\n`);
    return;
  }
  const rows = shown.map(({ at, reason, detail, source, arrivalMs, payload }) => {
    const place = `${at.shard.replace(/^shardId-0*(?=\d)/, '')}:${at.sequence}:${at.index}`;
    return [reason, formatTime(arrivalMs), source ?? '-', place, cut(detail, 90), cut(payload.body, 60)];
  });
  const head = ['reason', 'arrived', 'source', 'shard:sequence:event', 'what was wrong', 'payload'];
  process.stdout.write(letters.length === 0 ? 'no dead letters\n' : `${formatTable(head, rows)}\n`);
  if (letters.length > shown.length) {
    process.stdout.write(`… and ${letters.length - shown.length} more (--limit)\n`);
  }
}

function inStreamOrder(a: DeadLetter, b: DeadLetter): number {
  return (
    a.arrivalMs - b.arrivalMs ||
    compareSequenceNumbers(a.at.sequence, b.at.sequence) ||
    a.at.index - b.at.index
  );
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
