import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { DownstreamReport } from '../rebuild/downstream.ts';
import { rebuildDownstream } from '../rebuild/rebuild-downstream.ts';
import { RollupBeginnings } from '../stores/rollup-beginnings.ts';
import { RollupDirectory } from '../stores/rollup-directory.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { moment, wholeNumber } from './options.ts';
import { formatNumber, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';

interface DownstreamCommandOptions extends StoreOptions {
  readonly pipeline?: string;
  readonly from?: number;
  readonly to?: number;
  readonly wait: number;
  readonly json?: true;
}

export function rebuildDownstreamCommand(): Command {
  return withStoreOptions(new Command('rebuild-downstream'))
    .description(
      'recompute windows of rollups from the states and stored windows of their sources, after a restore from a backup or lost changes',
    )
    .option(
      '--from <time>',
      'only windows that start at or after this time: a time, or how long ago (15m)',
      moment,
    )
    .option('--to <time>', 'only windows that start at or before this time', moment)
    .option(
      '--wait <seconds>',
      'how long to wait for the pending changes of a source, if a window may be among them',
      wholeNumber(0, 86_400),
      60,
    )
    .option(
      '--pipeline <file>',
      'the deployed pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)',
    )
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
For each time at which windows start, the latest first, it compares the parts of rollup windows with their sources, and rewrites the
parts that differ. Correct parts do not change, so you can stop the command at any time and run it again; --to continues from the
time that the last run had reached. You can run it while events arrive.

A rollup window becomes partial if the contents of a source's closed window are no longer stored anywhere.

Exit code 1: something could not be read or written, or changes of a source were still pending after --wait.
docs/rebuild.md says when this is needed.

Examples:
  tidemill rebuild-downstream --outputs outputs.json              after a restore: all windows
  tidemill rebuild-downstream --outputs outputs.json --from 3d    the last three days`;

async function run(options: DownstreamCommandOptions): Promise<void> {
  const pipeline = parsePipeline(await loadPipeline(options.pipeline));
  const progress = new Progress();
  const report = await useStores(options, async ({ states, windows, windowsTable, readers }) =>
    rebuildDownstream(
      {
        ...{ pipeline, states, windows, nowMs: Date.now, waitMs: options.wait * 1_000 },
        beginnings: new RollupBeginnings(windowsTable),
        directory: new RollupDirectory(readers),
        sleep: async (ms) => await sleep(ms),
      },
      {
        fromMs: options.from,
        toMs: options.to,
        onProgress: (now) => progress.draw([progressText(now)]),
      },
    ),
  );
  progress.clear();
  process.stdout.write(`${options.json ? JSON.stringify(report) : formatReport(report)}\n`);
  if (report.failures + report.waiting > 0) process.exitCode = 1;
}

function progressText({ sources, reachedMs, parts, remade, added }: DownstreamReport): string {
  if (reachedMs === undefined) return `${formatNumber(sources)} sources read`;
  return `down to ${formatTime(reachedMs)}: ${formatNumber(parts)} parts compared, ${formatNumber(remade)} recomputed, ${formatNumber(added)} windows added`;
}

function formatReport(report: DownstreamReport): string {
  const { sources, moments, stored, parts, remade, partial, added, waiting, failures, failed } = report;
  const lines = [
    `compared   ${formatNumber(parts)} parts of rollup windows, at ${formatNumber(moments)} moments, with the windows of ${formatNumber(sources)} sources`,
    `recomputed ${formatNumber(remade)} parts, ${formatNumber(partial)} of them partial from now on`,
    `stored     ${formatNumber(stored)} windows that sources had closed with their latest write, and that were not stored`,
    `added      ${formatNumber(added)} windows of sources that rollups lacked`,
  ];
  if (waiting > 0)
    lines.push(
      `PENDING    ${formatNumber(waiting)} parts or sources wait for changes to be processed: run the command again`,
    );
  if (failures > 0)
    lines.push(`FAILED     ${formatNumber(failures)} times`, ...failed.map((each) => `           ${each}`));
  return lines.join('\n');
}
