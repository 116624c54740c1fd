import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import {
  type ImportDeps,
  importBatch,
  readFailureDocument,
} from '../../consumers/aggregate/import-batches.ts';
import type { RedriveTotals } from '../../consumers/aggregate/redrive-letters.ts';
import { redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import type { LetterMapping } from '../core/letter-mapping.ts';
import { parseLetterMapping } from '../core/letter-mapping.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { DeadLetter } from '../stores/dead-letters.ts';
import { letterKey } from '../stores/dead-letters.ts';
import { GivenUpRecords } from '../stores/given-up-records.ts';
import { UsageError } from './exit.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';

interface ListOptions extends StoreOptions {
  readonly reason?: string;
  readonly limit: number;
  readonly json?: true;
}

export function deadLettersCommand(): Command {
  const list = withStoreOptions(new Command('list'))
    .description('list dead letters: place in the stream, what was wrong, and the payload')
    .option('--reason <code>', 'only those with this reason, e.g. late, not-json, time, clock-skew')
    .option('--limit <n>', 'how many to print', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object per line, with the whole payload')
    .action(listDeadLetters);
  const redrive = withStoreOptions(new Command('redrive'))
    .description(
      'process events again: those of failed batches, and dead letters once their problem is fixed',
    )
    .option('--batches <folder>', 'first read failed batches from this folder, a copy of the failures bucket')
    .option('--reason <code>', 'only letters with this reason, e.g. given-up, source-full, time')
    .option('--source <name>', 'only letters of this source (letters without a source are left out)')
    .option('--map <file>', 'JSON that corrects letters before they are read: rename, scale, set, time')
    .option(
      '--include-doubtful',
      'also events without an id that may already have been counted before their batch failed',
    )
    .option(
      '--pipeline <file>',
      'the deployed pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)',
    )
    .option('--dry-run', 'only print what would be tried')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', REDRIVE_HELP)
    .action(redriveDeadLetters);
  return new Command('dead-letters')
    .description('events that are in no window: quarantined or late')
    .addCommand(list)
    .addCommand(redrive);
}

const REDRIVE_HELP = `
Each event counts once, however often the command is run or killed: after a failure run it again. The ledger follows: an event that was
quarantined and is now applied counts as applied. Late events are not processed again: their windows are final and do not change.

Examples:
  aws s3 sync s3://BUCKET failed            the stack's output FailuresBucketName is the bucket
  tidemill dead-letters redrive --batches failed --outputs outputs.json
  tidemill dead-letters redrive --reason time --map fix.json
with fix.json: { "rename": { "ts": "time" }, "scale": { "time": 1000 }, "set": { "tags.site": "north" } }
or { "time": "arrival" } for clocks that were never set.`;

interface RedriveCommandOptions extends StoreOptions {
  readonly batches?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly map?: string;
  readonly includeDoubtful?: true;
  readonly pipeline?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

async function redriveDeadLetters(options: RedriveCommandOptions): Promise<void> {
  const pipeline = parsePipeline(await loadPipeline(options.pipeline));
  const mapping = options.map === undefined ? undefined : await readMapping(options.map);
  const progress = new Progress();
  const done = await useStores(options, async (stores) => {
    const { states, deadLetters } = stores;
    const devices = { load: async (sources: readonly string[]) => await stores.devices.load(sources) };
    const batches =
      options.batches === undefined || options.dryRun === true
        ? NO_BATCHES
        : await importBatches(options.batches, {
            pipeline,
            deadLetters,
            givenUp: new GivenUpRecords(stores.readers),
            devices,
          });
    const totals = await redriveLetters(
      {
        pipeline,
        states,
        deadLetters,
        devices,
        onProgress: (at, of) => progress.draw([`${at} of ${of} sources`]),
      },
      {
        mapping,
        pick: ({ reason, source }) =>
          (options.reason === undefined || options.reason === reason) &&
          (options.source === undefined || options.source === source),
        doubtful: options.includeDoubtful === true,
        dryRun: options.dryRun === true,
      },
    );
    return { batches, ...totals };
  });
  progress.clear();
  process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${formatRedrive(done)}\n`);
}

async function readMapping(file: string): Promise<LetterMapping> {
  try {
    return parseLetterMapping(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new UsageError(`--map ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

interface BatchTotals {
  readonly telemetry: number;
  /** Messages that the MQTT door could not put into the stream. */
  readonly messages: number;
  /** Batches of table changes. */
  readonly changes: number;
  /** Batches of functions of one's own, and those without their records. */
  readonly others: number;
  /** Letters that were not there before. */
  readonly newLetters: number;
}

const NO_BATCHES: BatchTotals = { telemetry: 0, messages: 0, changes: 0, others: 0, newLetters: 0 };

async function importBatches(folder: string, deps: ImportDeps): Promise<BatchTotals> {
  const totals = { ...NO_BATCHES };
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new UsageError(`--batches ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  for (const entry of entries.filter((each) => each.isFile() && !each.name.endsWith('.draft'))) {
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    let document: ReturnType<typeof readFailureDocument>;
    try {
      document = readFailureDocument(text, { arrivalMs: await writtenAtMs(file) });
    } catch (cause) {
      throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (document.kind === 'telemetry' || document.kind === 'message') {
      totals[document.kind === 'message' ? 'messages' : 'telemetry'] += 1;
      totals.newLetters += await importBatch(document, deps);
    } else if (document.kind === 'changes') totals.changes += 1;
    else totals.others += 1;
  }
  return totals;
}

/** The MQTT door names its documents by the moment; a copy of the bucket (`aws s3 sync`) keeps that of the others. */
async function writtenAtMs(file: string): Promise<number> {
  const [, named] = /^([0-9]{13})-/.exec(basename(file)) ?? [];
  return named === undefined ? Math.floor((await stat(file)).mtimeMs) : Number(named);
}

const WHY_LEFT: Readonly<Record<keyof RedriveTotals['left'], string>> = {
  already: 'had been put back before',
  'still-unreadable': 'are still no events: --map corrects them',
  'still-refused': 'would be quarantined again: by their time, or for want of room in their source',
  'other-source': 'are in the books of another source than they would go to',
  doubtful: 'have no id and may have been folded in: --include-doubtful puts them back all the same',
  held: 'are of sources that are held: tidemill sources resume comes first',
  unreadable: 'are of sources whose state cannot be read',
  'too-large': 'are of sources whose state would be too large',
  busy: 'are of sources that others wrote each time: run it again',
};

function formatRedrive({ batches, ...totals }: RedriveTotals & { readonly batches: BatchTotals }): string {
  const { letters, sources, applied, duplicate, late, left, first } = totals;
  const read = [
    ...(batches.telemetry + batches.messages === 0
      ? []
      : [
          `${batches.telemetry} batches and ${batches.messages} messages of the MQTT door read: ${batches.newLetters} events of them were no letters before`,
        ]),
    ...(batches.changes === 0
      ? []
      : [
          `${batches.changes} batches are of changes of tables and are not put back: rollup windows may miss what they tell`,
        ]),
    ...(batches.others === 0
      ? []
      : [`${batches.others} documents are of other functions, or without records`]),
  ];
  const why = Object.entries(left).map(
    ([reason, count]) => `  ${count} ${WHY_LEFT[reason as keyof typeof WHY_LEFT]}`,
  );
  const examples = first.map(
    ({ why: reason, letter: { at, source = '-' }, detail }) =>
      `  ${reason}  ${source}  ${at.shard}:${at.sequence}:${at.index}  ${cut(detail, 100)}`,
  );
  return [
    ...read,
    `${letters} letters of ${sources} sources: ${applied} applied, ${duplicate} duplicate, ${late} late`,
    ...(why.length === 0 ? [] : ['left as they are:', ...why]),
    ...examples,
  ].join('\n');
}

async function listDeadLetters(options: ListOptions): Promise<void> {
  const { letters, shown, fates } = await useStores(options, async ({ deadLetters }) => {
    const found: DeadLetter[] = [];
    for await (const letter of deadLetters.list()) {
      if (options.reason === undefined || letter.reason === options.reason) found.push(letter);
    }
    const first = found.sort(inStreamOrder).slice(0, options.limit);
    return { letters: found, shown: first, fates: await deadLetters.fates(first.map(letterKey)) };
  });
  if (options.json) {
    for (const [at, letter] of shown.entries())
      process.stdout.write(`${JSON.stringify({ ...letter, became: fates[at] })}\n`);
    return;
  }
  const rows = shown.map(({ at, reason, detail, source, arrivalMs, payload }, row) => {
    const place = `${at.shard.replace(/^shardId-0*(?=\d)/, '')}:${at.sequence}:${at.index}`;
    const became = fates[row] ?? '-';
    return [
      reason,
      became,
      formatTime(arrivalMs),
      source ?? '-',
      place,
      cut(detail, 90),
      cut(payload.body, 60),
    ];
  });
  const head = ['reason', 'became', 'arrived', 'source', 'shard:sequence:event', 'what was wrong', 'payload'];
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
