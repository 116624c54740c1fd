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
      'make the windows of rollups anew from the states and stored windows of their sources, after a restore from a backup or lost changes',
    )
    .option('--from <time>', 'windows that start at or after: a time, or how long ago (15m)', moment)
    .option('--to <time>', 'windows that start at or before', moment)
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
For each moment at which windows start, the latest first, it compares the parts of rollup windows with what their sources hold, and
writes those anew that differ. What is right stays as it is, so it may be stopped at any time and run again; --to goes on from the
moment that the last run had reached. It may run while events arrive.

A rollup window is partial if something is stored nowhere any more: what a source closed its window with, and told to nobody.

Exit code 1: something could not be read or written, or changes of a source were still pending after --wait.
docs/rebuild.md says when this is needed.

Examples:
  tidemill rebuild-downstream --outputs outputs.json              after a restore: everything that is kept
  tidemill rebuild-downstream --outputs outputs.json --from 3d    what the last three days hold`;

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
  return `down to ${formatTime(reachedMs)}: ${formatNumber(parts)} parts compared, ${formatNumber(remade)} made anew, ${formatNumber(added)} windows added`;
}

function formatReport(report: DownstreamReport): string {
  const { sources, moments, stored, parts, remade, partial, added, waiting, failures, failed } = report;
  const lines = [
    `compared   ${formatNumber(parts)} parts of rollup windows, at ${formatNumber(moments)} moments, with the windows of ${formatNumber(sources)} sources`,
    `made anew  ${formatNumber(remade)} parts, ${formatNumber(partial)} of them partial from now on`,
    `stored     ${formatNumber(stored)} windows that sources had closed last, and nobody had heard of`,
    `added      ${formatNumber(added)} windows of sources that rollups lacked`,
  ];
  if (waiting > 0)
    lines.push(
      `PENDING    ${formatNumber(waiting)} parts or sources wait for changes to be handled: run it again`,
    );
  if (failures > 0)
    lines.push(`FAILED     ${formatNumber(failures)} times`, ...failed.map((each) => `           ${each}`));
  return lines.join('\n');
}
