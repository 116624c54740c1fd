import { Command } from 'commander';
import { viewState } from '../core/state-view.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { systemClock } from '../platform/clock.ts';
import { retireSource } from '../stores/retire-source.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';
import { windowJson } from './window-json.ts';

interface SourcesOptions extends StoreOptions {
  readonly json?: true;
  readonly limit: number;
}

export function sourcesCommand(): Command {
  const sources = withStoreOptions(new Command('sources'))
    .description('the sources: their event time, counts and state; with a name, one of them whole')
    .argument('[source]', 'show this one')
    .option('--limit <n>', 'how many to list', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object a line')
    .action(async (source: string | undefined, options: SourcesOptions) => {
      await (source === undefined ? listSources(options) : showSource(source, options));
    });
  sources.addCommand(
    withStoreOptions(new Command('retire'))
      .description(
        'end a source: its alerts resolve, the clocks forget it, what it has open is closed; its books stay',
      )
      .argument('<source>', 'its name')
      .action(async (source: string, options: StoreOptions) => await retire(source, options)),
  );
  return sources;
}

async function retire(source: string, options: StoreOptions): Promise<void> {
  await useStores(options, async ({ states }) => {
    const outcome = await retireSource(source, { states, nowMs: systemClock.nowMs() });
    if (outcome.kind === 'unknown')
      throw new Error(`found no source ${JSON.stringify(source)}; \`tidemill sources\` lists them`);
    if (outcome.kind === 'busy') {
      throw new Error(
        `${JSON.stringify(source)} was written by others ${outcome.attempts} times meanwhile: it is still sending, stop it first`,
      );
    }
    process.stdout.write(`${source} is retired; should it send again, it is back\n`);
  });
}

async function listSources(options: SourcesOptions): Promise<void> {
  await useStores(options, async ({ states }) => {
    const rows: (string | number)[][] = [];
    let total = 0;
    for await (const { source, version, state } of states.scan()) {
      total += 1;
      if (rows.length === options.limit) continue;
      const { maxTime, lastArrivalMs, counts, open, rememberedIds } = viewState(source, state);
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
