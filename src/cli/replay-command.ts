import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parseReplaySpeed, type ReplaySpeed } from '../../producers/replay/speed.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { CountedReason } from '../run/reasons.ts';
import type { ReplayProgress, ReplayReport } from '../run/replay.ts';
import { RecordingError } from '../wire/recording-error.ts';
import { UsageError } from './exit.ts';
import { formatLedger } from './format-ledger.ts';
import { onInterruption } from './interruption.ts';
import { moment, wholeNumber } from './options.ts';
import { formatNumber } from './print-table.ts';
import { Progress } from './progress.ts';
import { skippedLines } from './shape-lines.ts';
import { askedBy, withShape } from './with-shape.ts';

interface ReplayCommandOptions {
  readonly pipeline?: string;
  readonly speed: ReplaySpeed;
  readonly shards: number;
  readonly data?: string;
  readonly windowsOut?: string;
  readonly kill: number;
  readonly reshard?: true;
  readonly shape?: string;
  readonly at?: number;
  readonly archive?: true;
  readonly from?: number;
  readonly to?: number;
  readonly source?: readonly string[];
  readonly stream?: string;
  readonly json?: true;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'run recordings through the whole system on this machine, close all open windows, and print the ledger',
    )
    .argument(
      '<file...>',
      'recordings: telemetry events or Kinesis records, one per line, plain, gzip or zstd; or archives: folders, s3://bucket/prefix',
    )
    .option('--pipeline <file>', 'pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)')
    .option('--speed <speed>', 'max, or a multiple of the recorded pace: 1x, 60x', speed, 'max')
    .option('--shards <n>', 'shards of the stream', wholeNumber(1, 64), 1)
    .option(
      '--data <folder>',
      'keep tables, streams and checkpoints in this folder, and continue from what it holds',
    )
    .option('--archive', 'archive the stream in a bucket (docs/archive.md)')
    .option('--windows-out <file>', 'write the source windows as CSV')
    .option(
      '--kill <n>',
      'kill this many function processes in the middle of a batch (SIGKILL)',
      wholeNumber(0, 1_000),
      0,
    )
    .option('--reshard', 'split a shard and merge two during the replay')
    .option('--shape <name>', 'read files in another form: a shape of the pipeline, or a built-in one')
    .option(
      '--at <time>',
      'arrival time to use for events that state no time, if the shape asks for it',
      moment,
    )
    .option('--from <time>', 'from archives: only records that arrived at this time or later', moment)
    .option('--to <time>', 'from archives: only records that arrived before this time', moment)
    .option('--source <name...>', 'from archives: only records with these partition keys')
    .option('--stream <name>', 'the stream to replay, if an archive has several')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
Recorded events are put into the stream by the producer client. Recorded Kinesis records keep their shard, sequence number
and arrival time, and go to the event source mapping unchanged.
The figures count what this replay added; with --data, "stored" in the JSON output has the totals.`,
    )
    .action(runReplay);
}

async function runReplay(files: readonly string[], options: ReplayCommandOptions): Promise<void> {
  const { pipeline, shapes } = withShape(await loadPipeline(options.pipeline), options.shape);
  if (options.windowsOut !== undefined) expectFolderOf(options.windowsOut);
  const { replay } = await import('../run/replay.ts');
  const progress = new Progress();
  const interruption = onInterruption();
  let noticed = false;
  try {
    const report = await replay({
      files,
      pipeline,
      speed: options.speed,
      shards: options.shards,
      dataFolder: options.data,
      settings: options.archive === true ? { archive: true } : undefined,
      kills: options.kill,
      reshard: options.reshard === true,
      signal: interruption.signal,
      onProgress: (state) => {
        if (state.notice !== undefined && !noticed) {
          noticed = true;
          progress.clear();
          process.stderr.write(`tidemill: ${state.notice}\n`);
        }
        progress.draw(progressLines(state));
      },
      windowsFile: options.windowsOut,
      selection: { fromMs: options.from, toMs: options.to, sources: options.source, stream: options.stream },
      fileShapes:
        shapes === undefined
          ? undefined
          : { shapes, arrivalMs: options.at, ...askedBy(parsePipeline(pipeline)) },
    });
    progress.clear();
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${formatReport(report)}\n`);
    if (!report.balanced || nothingApplied(report)) process.exitCode = 1;
  } catch (error) {
    throw await withHint(error, pipeline);
  } finally {
    progress.clear();
    interruption.dispose();
  }
}

/** Says of a file that is no recording what it looks like. */
async function withHint(error: unknown, pipeline: object): Promise<unknown> {
  if (!(error instanceof RecordingError) || !['malformed', 'unknown-shape'].includes(error.code))
    return error;
  const { hintOfForm } = await import('./hint-of-form.ts');
  const hint = await hintOfForm(error, pipeline);
  return hint === '' ? error : new Error(`${error.message}\n${hint}`, { cause: error });
}

/** An event that was applied before, and came again, is no failure. */
function nothingApplied({ applied, duplicate, redelivered, received, notPut = [] }: ReplayReport): boolean {
  return applied + duplicate + redelivered === 0 && (received > 0 || notPut.length > 0);
}

/** Told now, and not when the whole recording has been replayed. */
function expectFolderOf(windowsFile: string): void {
  const folder = dirname(resolve(windowsFile));
  if (!existsSync(folder)) throw new UsageError(`--windows-out ${windowsFile}: there is no folder ${folder}`);
  if (statSync(windowsFile, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--windows-out ${windowsFile}: found a folder, expected a file`);
  }
}

function progressLines({ step, put, entries, folded }: ReplayProgress): string[] {
  if (put === 0 && folded === 0) return [`${step} …`];
  const filled = entries === 0 ? 0 : Math.round((30 * Math.min(folded, entries)) / entries);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
  return [
    `${step} …`,
    `${bar} ${formatNumber(folded)} of ${formatNumber(entries)} folded, ${formatNumber(put)} put`,
  ];
}

function formatReport(report: ReplayReport): string {
  const { latencyMs, notice, ...figures } = report;
  const lines = [
    formatLedger({
      ...report.stored,
      ...report,
      lateLetters: report.stored.lateLetters - report.stored.late + report.late,
    }),
    '',
    `windows closed  ${formatNumber(figures.windows)}`,
    `batches         ${formatNumber(figures.batches)}, ${formatNumber(figures.sourceBatches)} pairs of source and batch`,
    `state writes    ${formatNumber(figures.stateWrites)}, reads ${formatNumber(figures.stateReads)}, refused ${formatNumber(figures.stateRefusals)}`,
    `time            ${(figures.elapsedMs / 1_000).toFixed(1)} s, ${formatNumber(figures.eventsPerSecond)} events/s`,
  ];
  if (latencyMs !== undefined) {
    const { p50, p90, p99, max } = latencyMs;
    lines.push(
      `latency         p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, max ${max} ms (a batch's last record, stream to commit)`,
    );
  }
  if (!report.balanced) {
    lines.push(
      `OUT OF BALANCE    ${report.entries} entries replayed; see received, and late against the dead letters`,
    );
  }
  if (figures.alertTransitions !== undefined) {
    lines.push(`alerts          ${formatNumber(figures.alertTransitions)} transitions`);
  }
  if (figures.kills > 0)
    lines.push(`killed          ${figures.kills} function processes in the middle of a batch`);
  if (figures.redelivered > 0) {
    lines.push(
      `redelivered     ${formatNumber(figures.redelivered)} events at or before what their source had folded in: they changed nothing`,
    );
  }
  lines.push(...reasonLines('quarantined', figures.reasons), ...reasonLines('not put', figures.notPut));
  if (figures.notTaken !== undefined) lines.push(...skippedLines(figures.notTaken));
  if (figures.stored.received !== figures.received) {
    const { received, applied, duplicate, late, quarantined } = figures.stored;
    lines.push(
      `in the folder   ${formatNumber(received)} received = ${applied} applied + ${duplicate} duplicate + ${late} late + ${quarantined} quarantined`,
    );
  }
  return lines.join('\n');
}

function reasonLines(title: string, reasons: readonly CountedReason[] = []): string[] {
  return reasons
    .slice(0, 5)
    .map(
      ({ reason, count, example }, at) =>
        `${(at === 0 ? title : '').padEnd(15)} ${formatNumber(count)} ${reason}, e.g. ${example}`,
    );
}

function speed(text: string): ReplaySpeed {
  try {
    return parseReplaySpeed(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
