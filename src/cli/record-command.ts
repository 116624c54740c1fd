import { Command } from 'commander';
import type { CaptureProgress } from '../run/capture-stream.ts';
import { UsageError } from './exit.ts';
import { onInterruption } from './interruption.ts';
import { moment } from './options.ts';
import { formatNumber, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';

interface RecordOptions {
  readonly table?: true;
  readonly into: string;
  readonly from?: number;
  readonly follow?: true;
  readonly json?: true;
}

export function recordCommand(): Command {
  return new Command('record')
    .description('capture a stream into a folder or bucket, for replaying')
    .argument('<name>', 'a Kinesis stream, or with --table a DynamoDB table with a stream')
    .requiredOption('--into <place>', 'a folder, or s3://bucket/prefix')
    .option('--table', 'the name is that of a DynamoDB table')
    .option(
      '--from <time>',
      'start with records that arrived at this time (default: with the oldest record)',
      moment,
    )
    .option('--follow', 'keep recording new records until Ctrl-C')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
It stops when it reaches the end that the stream had when it started, or with Ctrl-C; what it has read is kept. The same command
continues from there, even after it was killed. docs/archive.md describes the form; tidemill replay, tidemill test and
tidemill/testing read it. Region, credentials and endpoints come from the usual AWS_* variables.

Exit codes: 0 done, 1 failed or records had expired in the stream before they were read, 2 bad usage.`,
    )
    .action(record);
}

async function record(name: string, options: RecordOptions): Promise<void> {
  const [{ captureStream }, { openCapture }, { openArchive }, { systemClock }] = await Promise.all([
    import('../run/capture-stream.ts'),
    import('../run/open-capture.ts'),
    import('../testing/archived-entries.ts'),
    import('../platform/clock.ts'),
  ]);
  if (!options.into.startsWith('s3://') && /^[a-z0-9]+:\/\//i.test(options.into)) {
    throw new UsageError(`--into ${options.into}: expected a folder, or s3://bucket/prefix`);
  }
  const progress = new Progress();
  const interruption = onInterruption();
  const capture = await openCapture(name, options.table === true ? 'dynamodb' : 'kinesis');
  try {
    const done = await captureStream({
      source: capture.source,
      stream: capture.stream,
      objects: openArchive(options.into),
      clock: systemClock,
      ...(options.from === undefined
        ? {}
        : { from: { at: 'timestamp' as const, timestampMs: options.from } }),
      follow: options.follow === true,
      signal: interruption.signal,
      onProgress: (state) => progress.draw([lineOf(state)]),
    });
    progress.clear();
    for (const gap of done.gaps) process.stderr.write(`tidemill: ${gap}\n`);
    if (done.gaps.length > 0) process.exitCode = 1;
    process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${lineOf(done)}\n`);
  } finally {
    progress.clear();
    interruption.dispose();
    capture.close();
  }
}

function lineOf({ records, objects, size, shards, caughtUp, latestArrivalMs }: CaptureProgress): string {
  const until = latestArrivalMs === undefined ? '' : `, up to ${formatTime(latestArrivalMs)}`;
  return `${formatNumber(records)} records in ${formatNumber(objects)} objects (${formatNumber(size)} bytes)${until}; ${caughtUp} of ${shards} shards caught up`;
}
