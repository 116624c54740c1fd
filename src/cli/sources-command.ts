import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import type { Resumption } from '../../consumers/aggregate/resume-source.ts';
import { resumeSource } from '../../consumers/aggregate/resume-source.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { EncodedState } from '../core/state-encoding.ts';
import { type StateView, viewState } from '../core/state-view.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { systemClock } from '../platform/clock.ts';
import type { DeadLetters } from '../stores/dead-letters.ts';
import { COUNTED_AS } from '../stores/letter-counts.ts';
import { readBooks } from '../stores/read-ledger.ts';
import { retireSource } from '../stores/retire-source.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';
import { windowJson } from './window-json.ts';

interface SourcesOptions extends StoreOptions {
  readonly json?: true;
  readonly limit: number;
}

export function sourcesCommand(): Command {
  const sources = withStoreOptions(new Command('sources'))
    .description('list the sources with their event time, counts and state; with a name, show one in full')
    .argument('[source]', 'show only this source')
    .option('--limit <n>', 'how many to list', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object per line')
    .action(async (source: string | undefined, options: SourcesOptions) => {
      await (source === undefined ? listSources(options) : showSource(source, options));
    });
  sources.addCommand(
    withStoreOptions(new Command('retire'))
      .description(
        'retire a source: its alerts resolve, its silence is no longer watched, its open windows close; its ledger stays',
      )
      .argument('<source>', 'name of the source')
      .action(async (source: string, options: StoreOptions) => await retire(source, options)),
  );
  sources.addCommand(
    withStoreOptions(new Command('held'))
      .description(
        'list held sources, whose state cannot be read or would be too large: their new events are set aside',
      )
      .option('--json', 'one JSON object per line')
      .action(listHeld),
  );
  sources.addCommand(
    withStoreOptions(new Command('resume'))
      .description('process the events set aside for held sources, in order and each once, and end the hold')
      .argument('[source...]', 'names of the sources (default: all that are held)')
      .option(
        '--pipeline <file>',
        'the deployed pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)',
      )
      .option(
        '--incomplete',
        'process events also where an earlier one of their batch is missing, which is not processed then if it comes',
      )
      .option('--json', 'one JSON object per line')
      .addHelpText(
        'after',
        `
Fix the cause first: deploy the release that wrote the state, or restore a good state under the item's current version.
You may stop the command at any time and run it again; batches that arrive in the meantime are processed in order.`,
      )
      .action(resumeHeld),
  );
  return sources;
}

async function listHeld(options: StoreOptions & { readonly json?: true }): Promise<void> {
  await useStores(options, async ({ states, deadLetters }) => {
    const waiting = await countHeld(deadLetters);
    const rows: (string | number)[][] = [];
    for await (const { source, held, version, state } of states.scan()) {
      const readable = readBooks(source, state) !== undefined;
      const events = waiting.get(source) ?? 0;
      if (held === undefined && readable && events === 0) continue;
      const line = { source, version, ...held, readable, events };
      if (options.json) process.stdout.write(`${JSON.stringify(line)}\n`);
      const since = held === undefined ? '-' : formatTime(held.sinceMs);
      rows.push([source, held?.reason ?? '-', since, readable ? 'yes' : 'no', events]);
    }
    if (options.json) return;
    const head = ['source', 'held for', 'since', 'books readable', 'events set aside'];
    process.stdout.write(rows.length === 0 ? 'no source is held\n' : `${formatTable(head, rows)}\n`);
  });
}

async function countHeld(deadLetters: DeadLetters): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { reason, source = '' } of deadLetters.list()) {
    if (COUNTED_AS.get(reason) === 'held') counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return counts;
}

interface ResumeOptions extends StoreOptions {
  readonly pipeline?: string;
  readonly incomplete?: true;
  readonly json?: true;
}

async function resumeHeld(named: readonly string[], options: ResumeOptions): Promise<void> {
  const pipeline = parsePipeline(await loadPipeline(options.pipeline));
  const progress = new Progress();
  await useStores(options, async ({ states, deadLetters }) => {
    const sources = new Set(named);
    if (named.length === 0) {
      for (const source of (await countHeld(deadLetters)).keys()) sources.add(source);
      for await (const { source, held } of states.scan()) if (held !== undefined) sources.add(source);
    }
    for (const source of sources) {
      const onProgress = (events: number) => progress.draw([`${source}: ${events} events`]);
      const { incomplete = false } = options;
      const outcome = await resumeSource(source, { pipeline, states, deadLetters, incomplete, onProgress });
      progress.clear();
      if (outcome.kind !== 'resumed' && outcome.kind !== 'not-held') process.exitCode = 1;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ source, ...outcome })}\n`
          : `${source} ${resumedInWords(outcome)}\n`,
      );
    }
    if (sources.size === 0 && !options.json) process.stdout.write('no source is held\n');
  });
}

function resumedInWords(outcome: Resumption): string {
  switch (outcome.kind) {
    case 'resumed': {
      const { applied, duplicate, late, quarantined, redelivered } = outcome.verdicts;
      return `goes on: ${applied} applied, ${duplicate} duplicate, ${late} late, ${quarantined} quarantined; ${redelivered} had been folded in before`;
    }
    case 'unknown':
      return 'is no source: `tidemill sources` lists them';
    case 'not-held':
      return 'is not held';
    case 'not-mended':
      return `stays held: ${outcome.detail}`;
    case 'incomplete': {
      const { waiting, lacking } = outcome;
      return `waits: the event before the first one set aside is missing, at ${lacking.sequence} event ${lacking.index} of ${waiting.at.shard}; run the command again once its batch has been read, or with --incomplete if it is lost`;
    }
    case 'busy':
      return `stays held: it was written ${outcome.attempts} times in the meantime; run the command again`;
  }
}

async function retire(source: string, options: StoreOptions): Promise<void> {
  await useStores(options, async ({ states }) => {
    const outcome = await retireSource(source, { states, nowMs: systemClock.nowMs() });
    if (outcome.kind === 'unknown')
      throw new Error(`found no source ${JSON.stringify(source)}; \`tidemill sources\` lists them`);
    if (outcome.kind === 'busy') {
      throw new Error(
        `${JSON.stringify(source)} was written ${outcome.attempts} times in the meantime: it is still sending, so stop it first`,
      );
    }
    process.stdout.write(`${source} is retired; if it sends events again, it is active again\n`);
  });
}

async function listSources(options: SourcesOptions): Promise<void> {
  await useStores(options, async ({ states }) => {
    const rows: (string | number)[][] = [];
    let total = 0;
    for await (const { source, version, state } of states.scan()) {
      total += 1;
      if (rows.length === options.limit) continue;
      const view = viewIfReadable(source, state);
      if (view === undefined) {
        if (options.json) process.stdout.write(`${JSON.stringify({ source, version, unreadable: true })}\n`);
        rows.push([source, 'cannot be read: see `tidemill sources held`']);
        continue;
      }
      const { maxTime, lastArrivalMs, counts, open, rememberedIds } = view;
      const line = {
        source,
        version,
        maxTime,
        lastArrivalMs,
        ...counts,
        openWindows: open.length,
        rememberedIds,
        bytes: Buffer.byteLength(state),
      };
      if (options.json) process.stdout.write(`${JSON.stringify(line)}\n`);
      const { received, applied, duplicate, late, quarantined } = counts;
      const books = [received, applied, duplicate, late, quarantined];
      rows.push([source, formatTime(maxTime), ...books, open.length, line.bytes]);
    }
    if (options.json) return;
    const head = ['source', 'event time', ...BOOKS, 'open', 'bytes'];
    process.stdout.write(`${formatTable(head, rows)}\n`);
    if (total > rows.length) process.stdout.write(`… and ${total - rows.length} more (--limit)\n`);
  });
}

/** One state that cannot be read takes nothing from the others. */
function viewIfReadable(source: string, state: EncodedState): StateView | undefined {
  try {
    return viewState(source, state);
  } catch {
    return undefined;
  }
}

const BOOKS = ['received', 'applied', 'duplicate', 'late', 'quarantined'];

async function showSource(source: string, options: SourcesOptions): Promise<void> {
  await useStores(options, async ({ states }) => {
    const [stored] = await states.load([source]);
    if (stored === undefined)
      throw new Error(`found no source ${JSON.stringify(source)}; \`tidemill sources\` lists them`);
    const view = viewState(source, stored.state);
    const windows = view.open.map((window) => ({
      aggregation: window.aggregation,
      ...summarizeStored(window),
    }));
    const bytes = Buffer.byteLength(stored.state);
    if (options.json) {
      const open = windows.map(({ series: _, ...window }) => windowJson(window));
      const lateByAggregation = Object.fromEntries(view.lateByAggregation);
      const whole = { source, version: stored.version, bytes, ...view, lateByAggregation, open };
      process.stdout.write(`${JSON.stringify(whole)}\n`);
      return;
    }
    const { received, applied, duplicate, late, quarantined } = view.counts;
    const lines = [
      `source        ${source}`,
      `version       ${stored.version}, ${bytes} bytes`,
      `event time    ${formatTime(view.maxTime)}`,
      `last arrival  ${formatTime(view.lastArrivalMs)}`,
      `events        ${received} received: ${applied} applied, ${duplicate} duplicate, ${late} late, ${quarantined} quarantined (by its time, or for want of room)`,
      `remembers     ${view.rememberedIds.recent} ids, and ${view.rememberedIds.pages} pages of others`,
      ...view.upTo.map(
        ({ stream = '', shard, sequence, index }) =>
          `up to         ${stream} ${shard} ${sequence} event ${index}`,
      ),
      '',
      'open windows (provisional):',
      formatTable(
        ['aggregation', 'start', 'revision', 'metric', 'count', 'min', 'max', 'mean'],
        windows.flatMap(({ aggregation, start, revision, metrics }) =>
          [...metrics].map(([name, { count, min, max, mean }]) => [
            aggregation,
            formatTime(start),
            revision,
            name,
            count,
            min,
            max,
            mean,
          ]),
        ),
      ),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}
