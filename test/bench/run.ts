// npm run bench: what a record costs here and elsewhere, as multiples of a floor measured in the same run.
import { Command } from 'commander';
import { Progress } from '../../src/cli/progress.ts';
import { measureBundles } from './measure-bundles.ts';
import { measureCases } from './measure-cases.ts';
import type { MeasurePlan } from './measure-plan.ts';
import { type BenchFigures, formatFigures, isWrong, type SizeFigures, toJson } from './report.ts';
import type { WorkloadSize } from './workload.ts';

const SIZES: readonly WorkloadSize[] = [100, 1_000, 10_000].map((records) => ({ records, sources: 100 }));
const PLAN: MeasurePlan = { rounds: 11, warmUpMs: 1_500, roundMs: 25, caseMs: 2_000 };
const QUICK: MeasurePlan = { rounds: 3, warmUpMs: 500, roundMs: 15, caseMs: 500 };
const COLD_IMPORTS = 5;

const options = new Command('bench')
  .description(
    'time the hot path, the whole function and other libraries side by side, and weigh the bundles',
  )
  .option('--quick', 'fewer and shorter rounds: half a minute, and less to rely on')
  .option('--json', 'one JSON object on stdout')
  .addHelpText(
    'after',
    '\nExits with 1 when a case comes to wrong results. A missed target is printed and no failure.',
  )
  .parse()
  .opts<{ readonly quick?: true; readonly json?: true }>();

const plan = options.quick ? QUICK : PLAN;
const progress = new Progress();
const bundles = await measureBundles(COLD_IMPORTS, (step) => progress.draw([`${step} …`]));
const sizes: SizeFigures[] = [];
for (const size of SIZES) {
  const onStep = (step: string) => progress.draw([`${size.records} records a batch, ${step} …`]);
  sizes.push({ size, cases: await measureCases(size, plan, onStep) });
}
progress.clear();

const figures: BenchFigures = { sizes, bundles };
process.stdout.write(
  options.json ? `${JSON.stringify(toJson(figures), null, 2)}\n` : `${formatFigures(figures)}\n`,
);
if (isWrong(figures)) process.exitCode = 1;
