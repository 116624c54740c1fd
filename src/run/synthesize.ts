// The stack as the local run follows it: synthesized by the CDK, or kept from a run with the same sources.
import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { needsOf } from '../../cdk/needs-of.ts';
import { pipelineText } from '../../cdk/pipeline-text.ts';
import type { Settings } from '../../cdk/settings/settings.ts';
import { readAssembly } from '../local-stack/read-assembly.ts';
import type { Synthesis } from '../local-stack/synthesis.ts';
import { PIPELINE_FILE, STACK_NAME } from '../platform/names.ts';
import { projectFolder } from '../platform/project-folder.ts';
import { canKeepIn, withKept } from './kept-folders.ts';
import { sourceDigest } from './source-digest.ts';
import type { SynthesizeOptions } from './synthesize-stack.ts';

/** Throws what the stack's own rules, the bundler or the CDK object to. */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesis> {
  const outFolder = resolve(options.outFolder);
  const { synthesizeStack } = await import('./synthesize-stack.ts');
  await synthesizeStack({ ...options, outFolder });
  return await readAssembly(outFolder, STACK_NAME);
}

export interface LocalStackOptions {
  readonly pipeline: object;
  /** Default: none, as for whoever sets nothing. */
  readonly settings?: Settings | undefined;
  /** Where template and code go; what an earlier run left there is overwritten. */
  readonly outFolder: string;
  /** Where stacks are kept; default: among the packages' own caches. */
  readonly keptFolder?: string;
}

/**
 * Like `synthesize`, for a stack whose data is deleted with it. The stack depends on nothing of a pipeline but what `needsOf` says: beside that,
 * only the definition beside each function's code differs.
 */
export async function synthesizeOrKept({
  pipeline,
  settings = {},
  outFolder,
  keptFolder = KEPT,
}: LocalStackOptions): Promise<Synthesis> {
  if (!(await canKeepIn(keptFolder))) {
    const bundleFolder = `${outFolder}-bundles`;
    return await synthesize({ ...settings, pipeline, throwAway: true, outFolder, bundleFolder });
  }
  const needs = needsOf(pipeline);
  const out = resolve(outFolder);
  await ofTheseSources(
    `${textOf(needs)}${markOf(settings)}`,
    keptFolder,
    async (folder) => {
      const bundleFolder = join(folder, 'bundles');
      const stack = {
        ...settings,
        pipeline,
        throwAway: true,
        outFolder: join(folder, 'cdk.out'),
        bundleFolder,
      };
      await withBundles(async (builtIn) => {
        const { synthesizeStack } = await import('./synthesize-stack.ts');
        await synthesizeStack({ ...stack, builtIn });
      }, keptFolder);
      await rm(bundleFolder, { recursive: true });
    },
    async (folder) => {
      await rm(out, { recursive: true, force: true });
      await takeOver(join(folder, 'cdk.out'), out, pipelineText(pipeline));
    },
  );
  return await readAssembly(out, STACK_NAME);
}

/** Hands over a folder with the functions and the dashboard as these sources make them: building them takes longer than all the rest of a stack. */
export async function withBundles<T>(use: (folder: string) => Promise<T>, keptFolder = KEPT): Promise<T> {
  const build = async (bundleFolder: string) => {
    const { buildBundles } = await import('../../cdk/build-bundles.ts');
    await buildBundles({ pipeline: {}, sourceMaps: false, bundleFolder });
  };
  return await ofTheseSources('bundles', keptFolder, build, use);
}

/** Kept under the sources' digest and a name. */
async function ofTheseSources<T>(
  name: string,
  folder: string,
  make: (folder: string) => Promise<void>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const keyOf = async () => `${(await sourceDigest(PROJECT)).slice(0, 32)}-${name}`;
  return await withKept(
    await keyOf(),
    { folder, make, isStill: async (key) => key === (await keyOf()) },
    use,
  );
}

const PROJECT = projectFolder();
const KEPT = join(PROJECT, 'node_modules/.cache/tidemill/stacks');

/** Nothing where nothing is set. */
function markOf(settings: Settings): string {
  if (Object.keys(settings).length === 0) return '';
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** A file's name: of what a pipeline needs, with yes and no as 1 and 0. */
function textOf(needs: object): string {
  const plain = (_: string, value: unknown) =>
    typeof value === 'boolean' ? Number(value) : Array.isArray(value) ? value.join('_') : value;
  return JSON.stringify(needs, plain).replace(/[^A-Za-z0-9_]+/g, '-');
}

/** The same files, except for the definitions. */
async function takeOver(from: string, to: string, pipeline: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await takeOver(source, target, pipeline);
    else if (entry.name === PIPELINE_FILE) await writeFile(target, pipeline);
    else await linkOrCopy(source, target);
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // Another disk, or one that has no links.
    if (
      error instanceof Error &&
      'code' in error &&
      ['EXDEV', 'EPERM', 'ENOTSUP'].includes(String(error.code))
    )
      await copyFile(from, to);
    else throw error;
  }
}
