// What the functions weigh when they are bundled for Lambda, and what loading them takes a process that has just begun.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bundleFunctions, bundleLimitOf, type FunctionBundle } from '../../cdk/bundle.ts';
import { percentile } from '../../src/core/percentile.ts';
import {
  FUNCTION_NAMES,
  type FunctionName,
  handlerPath,
  PIPELINE_FILE,
  PIPELINE_FILE_VARIABLE,
  TABLES,
  TELEMETRY_STREAMS,
  VARIABLE,
} from '../../src/platform/names.ts';
import { withBundles } from '../../src/run/synthesize.ts';
import { BENCH_ENVIRONMENT } from './bench-environment.ts';
import { BENCH_PIPELINE } from './bench-pipeline.ts';

export interface BundleFigures {
  readonly name: FunctionName;
  readonly sizeBytes: number;
  readonly limitBytes: number;
  /** Median, until the module with all it imports is there; the start of Node is not part of it. */
  readonly importMs: number;
}

const IMPORT = `const begin = performance.now();
await import(process.argv[1]);
console.log(performance.now() - begin);`;

export async function measureBundles(
  imports: number,
  onStep: (step: string) => void,
): Promise<BundleFigures[]> {
  const bundleFolder = await mkdtemp(join(tmpdir(), 'tidemill-bench-'));
  try {
    onStep('bundling the functions');
    const bundles = await withBundles((builtIn) =>
      bundleFunctions({ pipeline: BENCH_PIPELINE, bundleFolder, builtIn }),
    );
    const importsMs = new Map<FunctionName, number[]>(FUNCTION_NAMES.map((name) => [name, []]));
    for (let turn = 1; turn <= imports; turn += 1) {
      for (const name of FUNCTION_NAMES) {
        onStep(`cold import ${turn} of ${imports}: ${name}`);
        importsMs.get(name)?.push(await importOnce(bundles[name]));
      }
    }
    return FUNCTION_NAMES.map((name) => {
      const sorted = (importsMs.get(name) ?? []).toSorted((a, b) => a - b);
      const importMs = percentile(sorted, 0.5) ?? Number.NaN;
      return { name, sizeBytes: bundles[name].sizeBytes, limitBytes: bundleLimitOf(name), importMs };
    });
  } finally {
    await rm(bundleFolder, { recursive: true, force: true });
  }
}

/** In a process of its own, with the environment a function has. */
async function importOnce({ name, folder }: FunctionBundle): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', IMPORT, pathToFileURL(join(folder, `${handlerPath(name)}.mjs`)).href],
    {
      env: {
        ...BENCH_ENVIRONMENT,
        LAMBDA_TASK_ROOT: folder,
        ...Object.fromEntries(TABLES.map((table) => [VARIABLE.table(table), 'bench'])),
        [VARIABLE.bus('alerts')]: 'bench',
        [VARIABLE.stream('outlet')]: 'bench',
        [VARIABLE.setting('outletTo')]: 'kinesis',
        [VARIABLE.setting(TELEMETRY_STREAMS)]: 'arn:aws:kinesis:us-east-1:123456789012:stream/bench',
        [VARIABLE.setting('rebuildStream')]: 'bench',
        [VARIABLE.setting('rebuildStreamArn')]: 'arn:aws:kinesis:us-east-1:123456789012:stream/bench',
        [VARIABLE.bucket('archive')]: 'bench',
        [VARIABLE.bucket('incoming')]: 'bench',
        [VARIABLE.stream('telemetry')]: 'bench',
        [VARIABLE.secret('verifyingKeys')]: 'bench',
        [VARIABLE.poster('live')]: 'https://bench.example/live',
        [VARIABLE.setting('planKeys')]: '{}',
        [PIPELINE_FILE_VARIABLE]: PIPELINE_FILE,
      },
    },
  );
  const importMs = Number(stdout);
  if (!(importMs > 0))
    throw new Error(`${folder}: found ${JSON.stringify(stdout)}, expected the time its import took`);
  return importMs;
}
