import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { describeFailure } from '../simulation/describe-failure.ts';
import { formatSavedPlan, parseSavedPlan } from '../simulation/saved-plan.ts';
import type { SeedFailure } from '../simulation/simulate-seed.ts';
import type { SimulationReport } from '../simulation/simulate-seeds.ts';
import { UsageError } from './exit.ts';
import { onInterruption } from './interruption.ts';
import { wholeNumber } from './options.ts';
import { formatNumber } from './print-table.ts';
import { Progress } from './progress.ts';

interface SimulateOptions {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly plan?: string;
  readonly save?: string;
  readonly json?: true;
}

const seedNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER - 1_000_000);

/** `partsModule`: a module whose `replacements` take the place of real parts, for tests of how a broken law is reported. */
export function simulateCommand(partsModule?: URL): Command {
  return new Command('simulate')
    .description('run the functions with simulated faults of every kind, seed by seed, and check every write')
    .option('--seeds <n>', 'how many seeds', wholeNumber(1, 1_000_000), 1_000)
    .option('--from <seed>', 'the first seed', seedNumber, 1)
    .addOption(
      new Option('--seed <seed>', 'only this seed')
        .argParser(seedNumber)
        .conflicts(['from', 'seeds', 'plan']),
    )
    .addOption(new Option('--plan <file>', 'a saved plan instead of seeds').conflicts(['from', 'seeds']))
    .option('--save <file>', 'where to write the plan of a seed that fails')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
One seed determines everything: devices and their events, the pipeline, shards and reshards, batches, and the
faults. Containers die before, during and after calls of tables; answers are lost; writes are refused, throttled or half
done; batches are delivered again, and slow ones finish after they were retried elsewhere. The functions, the stores and the
event source mapping are the real ones, on tables in memory under a virtual clock: the same seed gives the same run.

Checked at every write: each state is what a simple reference model computes from the source's events so far; closed
windows do not change; the dead letters are the expected ones. Checked at the end: the books balance, rollups are the sum of
their sources, nothing waits for ever.

If a seed fails, its run is shrunk and then shown: what happened, what was found, what was expected.
  tidemill simulate --seed 4711                 run it again
  tidemill simulate --seed 4711 --save it.json  save its plan; tests replay the plans in test/simulation/kept
  tidemill simulate --plan it.json              run a saved plan

Exit codes: 0 every law held, 1 a law was broken, 2 bad usage.`,
    )
    .action((options: SimulateOptions) => simulate(options, partsModule));
}

async function simulate(options: SimulateOptions, partsModule: URL | undefined): Promise<void> {
  if (options.save !== undefined) expectFolderOf(options.save);
  const report =
    options.plan === undefined
      ? await simulateRange(options, partsModule)
      : await simulatePlan(options.plan, partsModule);
  const [failure] = report.failures;
  if (failure !== undefined && options.save !== undefined) save(failure, options.save);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report, options));
  if (failure !== undefined) process.exitCode = 1;
  else if (report.seeds < wanted(options)) {
    throw new Error(`interrupted after ${report.seeds} of ${wanted(options)} seeds, all of which held`);
  }
}

async function simulateRange(
  options: SimulateOptions,
  partsModule: URL | undefined,
): Promise<SimulationReport> {
  const { simulateSeeds } = await import('../simulation/simulate-seeds.ts');
  const progress = new Progress();
  const interruption = onInterruption();
  try {
    return await simulateSeeds({
      from: options.seed ?? options.from,
      seeds: wanted(options),
      signal: interruption.signal,
      partsModule,
      onProgress: (report) => progress.draw(progressLines(report, wanted(options))),
    });
  } finally {
    progress.clear();
    interruption.dispose();
  }
}

async function simulatePlan(file: string, partsModule: URL | undefined): Promise<SimulationReport> {
  const { runPlan } = await import('../simulation/run-plan.ts');
  const { loadParts } = await import('../simulation/load-parts.ts');
  const { shrinkFailure } = await import('../simulation/simulate-seed.ts');
  const startedMs = performance.now();
  const { plan } = readSavedPlan(file);
  const parts = await loadParts(partsModule?.href);
  const { violation, events, invocations, durationMs } = await runPlan(plan, parts);
  const failures = violation === undefined ? [] : [await shrinkFailure(plan, violation.law, parts)];
  const elapsedMs = Math.round(performance.now() - startedMs);
  return { from: plan.seed, seeds: 1, events, invocations, virtualMs: durationMs, elapsedMs, failures };
}

function readSavedPlan(file: string) {
  try {
    return parseSavedPlan(readFileSync(file, 'utf8'), file);
  } catch (error) {
    throw new UsageError(`--plan ${error instanceof Error ? error.message : String(error)}`);
  }
}

function save({ seed, law, detail, plan }: SeedFailure, file: string): void {
  const found = `seed ${seed}: ${detail}`;
  writeFileSync(file, formatSavedPlan({ found, law, plan }));
}

/** Told now, and not when a seed has failed. */
function expectFolderOf(file: string): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new UsageError(`--save ${file}: there is no folder ${folder}`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--save ${file}: found a folder, expected a file`);
  }
}

function wanted({ seed, plan, seeds }: SimulateOptions): number {
  return seed === undefined && plan === undefined ? seeds : 1;
}

function progressLines({ seeds, elapsedMs }: SimulationReport, of: number): string[] {
  const filled = Math.round((30 * seeds) / of);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
  const pace = Math.round((1_000 * seeds) / Math.max(1, elapsedMs));
  return [`${bar} ${formatNumber(seeds)} of ${formatNumber(of)} seeds, ${pace} a second`];
}

function formatReport(report: SimulationReport, { save: file, plan }: SimulateOptions): string {
  const { from, seeds, events, invocations, virtualMs, elapsedMs, failures } = report;
  const [first, ...others] = failures;
  if (first !== undefined) {
    const again =
      plan === undefined ? `tidemill simulate --seed ${first.seed}` : `tidemill simulate --plan ${plan}`;
    return [
      describeFailure(first),
      `again: ${again}`,
      ...(file === undefined ? [] : [`saved: ${file}`]),
      ...(others.length === 0 ? [] : [`failed too: ${others.map(({ seed }) => seed).join(', ')}`]),
      '',
    ].join('\n');
  }
  const which =
    seeds === 1 ? `seed ${from} holds` : `${formatNumber(seeds)} seeds hold (${from} to ${from + seeds - 1})`;
  const hours = (virtualMs / 3_600_000).toFixed(1);
  return `${which}: ${formatNumber(events)} events, ${formatNumber(invocations)} invocations, ${hours} virtual hours in ${(elapsedMs / 1_000).toFixed(1)} s\n`;
}
