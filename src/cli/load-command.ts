import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { LoadReport } from '../../producers/load/run-load.ts';
import { LOAD_MEMORY_MB, LOAD_VARIABLES, OUTPUTS } from '../platform/names.ts';
import { UsageError } from './exit.ts';
import { findPlace } from './open-stores.ts';
import { duration, wholeNumber } from './options.ts';
import { formatNumber } from './print-table.ts';
import { Progress } from './progress.ts';

interface LoadOptions {
  readonly rate: number;
  readonly for: number;
  readonly tasks: number;
  readonly seed?: string;
  readonly outputs?: string;
  readonly stream?: string;
  readonly json?: true;
}

export function loadCommand(): Command {
  return new Command('load')
    .description('load a stack with a simulated fleet at a chosen rate, and report')
    .requiredOption('--rate <events>', 'events per second that each task sends', wholeNumber(1, 10_000))
    .addOption(new Option('--for <duration>', 'how long').argParser(duration).default(60_000, '1m'))
    .option('--tasks <count>', 'number of Fargate tasks that run in parallel', wholeNumber(1, 10), 1)
    .option('--seed <text>', 'part of the devices’ names: load-SEED-… (default: a new one each time)')
    .option('--outputs <file>', 'start tasks on AWS: the file that `cdk deploy --outputs-file <file>` wrote')
    .option('--stream <name>', 'run the container’s program on this machine, and send to this stream')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
With --outputs the command starts the stack's own task (npx cdk deploy -c load=true), waits until it has ended, and reports CloudWatch's metrics of that time.
With --stream the same program runs on this machine, with the container's command, environment and memory; region, credentials and endpoint of the stream
come from the AWS_* variables. Ctrl-C ends the command; tasks on AWS continue until their time is over. docs/load.md describes the events and the report.

Exit codes: 0 done, 1 events were given up or a task failed, 2 bad usage.`,
    )
    .action(load);
}

async function load(options: LoadOptions): Promise<void> {
  const { outputs: file, stream } = options;
  if ((file === undefined) === (stream === undefined))
    throw new UsageError('found neither or both of --outputs and --stream, expected one of them');
  const seed = options.seed ?? crypto.randomUUID().slice(0, 8);
  const seconds = Math.max(1, Math.round(options.for / 1_000));
  const environment = {
    [LOAD_VARIABLES.rate]: String(options.rate),
    [LOAD_VARIABLES.seconds]: String(seconds),
    [LOAD_VARIABLES.seed]: seed,
  };
  if (stream !== undefined) {
    const here = runHere({ ...environment, [LOAD_VARIABLES.stream]: stream });
    const report = await withElapsed(here, () => `loading ${stream} for ${seconds} s`);
    if (report.failed > 0) process.exitCode = 1;
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${lineOf(report)}\n`);
    return;
  }
  const { outputs, stackName } = await findPlace({ outputs: file ?? '' });
  if (stackName === undefined)
    throw new UsageError(
      `--outputs ${file}: found a local run, expected a deployed stack: load the local one with --stream`,
    );
  const { loadOnAws } = await import('../run/load-on-aws.ts');
  const output = (name: string): string => {
    const value = outputs[name];
    if (value !== undefined) return value;
    throw new UsageError(`found no output ${name} of the stack, expected one: deploy it with -c load=true`);
  };
  let waitingFor = 'starting the tasks';
  const deps = { onProgress: (what: string) => (waitingFor = what) };
  const load = {
    stackName,
    cluster: output(OUTPUTS.loadCluster),
    task: output(OUTPUTS.loadTask),
    subnets: output(OUTPUTS.loadSubnets).split(','),
    stream: output(OUTPUTS.stream),
    tables: [
      OUTPUTS.sourcesTable,
      OUTPUTS.windowsTable,
      OUTPUTS.deadLettersTable,
      OUTPUTS.alertsTable,
      OUTPUTS.readersTable,
    ].map(output),
    count: options.tasks,
    environment,
  };
  const report = await withElapsed(loadOnAws(load, deps), () => waitingFor);
  if (report.failedTasks.length > 0) process.exitCode = 1;
  process.stdout.write(`${JSON.stringify(report, undefined, options.json ? 0 : 2)}\n`);
}

/** Says on a terminal how long it has been waiting, and for what. */
async function withElapsed<T>(work: Promise<T>, what: () => string): Promise<T> {
  const progress = new Progress();
  const fromMs = performance.now();
  const draw = () => progress.draw([`${((performance.now() - fromMs) / 1_000).toFixed(0)} s  ${what()}`]);
  const timer = setInterval(draw, 1_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

/** The container's own program, as its Dockerfile starts it. */
async function runHere(environment: Readonly<Record<string, string>>): Promise<LoadReport> {
  const { bundleLoad } = await import('../../cdk/bundle-load.ts');
  const bundleFolder = await mkdtemp(join(tmpdir(), 'tidemill-load-'));
  try {
    const folder = await bundleLoad({ bundleFolder });
    const child = spawn(process.execPath, [`--max-old-space-size=${LOAD_MEMORY_MB}`, 'load.mjs'], {
      cwd: folder,
      env: { ...awsVariables(), NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    await new Promise((resolve) => child.once('close', resolve));
    if (said.stdout === '') throw new Error(`the load ended without a report: ${said.stderr.trim()}`);
    return JSON.parse(said.stdout) as LoadReport; // its own line
  } finally {
    await rm(bundleFolder, { recursive: true, force: true });
  }
}

/** What a task has of them comes from ECS; here from whoever asks. */
function awsVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('AWS_')));
}

function lineOf({
  seed,
  accepted,
  failed,
  tookMs,
  acceptedPerSecond,
  records,
  calls,
  retries,
}: LoadReport): string {
  const sent = `${formatNumber(accepted)} events accepted, ${formatNumber(failed)} given up, in ${(tookMs / 1_000).toFixed(1)} s`;
  return `${sent}: ${formatNumber(acceptedPerSecond)} a second, ${formatNumber(records)} records in ${formatNumber(calls)} calls, ${formatNumber(retries)} sent again; devices load-${seed}-…`;
}
