// Bundles each function into one minified ES module, with the AWS SDK and the pipeline definition beside it.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { FUNCTION_NAMES, type FunctionName, handlerPath, PIPELINE_FILE } from '../src/platform/names.ts';
import { projectFolder } from '../src/platform/project-folder.ts';
import { pipelineText } from './pipeline-text.ts';

export interface BundleOptions {
  /** Written as JSON beside each bundle, with the built-in shapes it names. */
  readonly pipeline: object;
  /** Default: `dist` in the project. A folder `<name>` in it is replaced. */
  readonly bundleFolder?: string;
  /** Whether to write source maps, for whoever reads a stack trace later; default: true. They take as long as all the rest. */
  readonly sourceMaps?: boolean;
  /** Entry modules; default: `consumers/<name>/handler.ts` in the project. */
  readonly handlers?: Readonly<Record<FunctionName, string>>;
  /** A bundle folder that was made of the same sources: its modules are taken and nothing is built. */
  readonly builtIn?: string | undefined;
}

export interface FunctionBundle {
  readonly name: FunctionName;
  /** The function's code: the module at `handlerPath`, `.mjs`, and the pipeline definition. */
  readonly folder: string;
  readonly sizeBytes: number;
}

/**
 * Throws when a handler cannot be bundled, with esbuild's messages, and then has written nothing.
 * Repeating it gives the same bytes.
 */
export async function bundleFunctions(
  options: BundleOptions,
): Promise<Readonly<Record<FunctionName, FunctionBundle>>> {
  const files =
    options.builtIn === undefined ? await buildFunctions(options) : await builtBefore(options.builtIn);
  const bundles: FunctionBundle[] = [];
  for (const name of FUNCTION_NAMES) bundles.push(await writeBundle(name, files, options));
  // every name has been through the loop
  return Object.fromEntries(bundles.map((bundle) => [bundle.name, bundle])) as Record<
    FunctionName,
    FunctionBundle
  >;
}

/** A bundle's greatest size, minified: what is loaded on every cold start. */
const BUNDLE_LIMIT_BYTES = 560_000;

/**
 * Nobody waits for a cold start of these: a state machine calls `rebuild`, which holds several functions, a file that is dropped
 * `incoming`, which reads every form there is, and a schedule `audit`, which reads tables and the archive.
 */
const OWN_LIMITS: Partial<Record<FunctionName, number>> = {
  rebuild: 1_000_000,
  incoming: 700_000,
  audit: 700_000,
};

/** In bytes, minified. */
export function bundleLimitOf(name: FunctionName): number {
  return OWN_LIMITS[name] ?? BUNDLE_LIMIT_BYTES;
}

/** What has been built in this process: a system that is started again has the same functions. */
const built = new Map<string, Promise<readonly OutputFile[]>>();

type BuiltFile = Pick<OutputFile, 'path' | 'contents'>;

/** Without their maps, by where `buildFunctions` has them. */
function builtBefore(folder: string): Promise<readonly BuiltFile[]> {
  return Promise.all(
    FUNCTION_NAMES.map(async (name) => {
      const module = join(name, `${handlerPath(name)}.mjs`);
      return { path: join(OUT, module), contents: await readFile(join(folder, module)) };
    }),
  );
}

function buildFunctions({ handlers, sourceMaps = true }: BundleOptions): Promise<readonly OutputFile[]> {
  const entries = FUNCTION_NAMES.map((name) => ({
    in: handlers?.[name] ?? join(PROJECT, `${handlerPath(name)}.ts`),
    out: join(name, handlerPath(name)),
  }));
  const key = JSON.stringify([entries, sourceMaps]);
  const before = built.get(key);
  if (before !== undefined) return before;
  const files = buildEntries(entries, sourceMaps);
  built.set(key, files);
  // A failed build is reported where it is awaited, and tried again.
  files.catch(() => built.delete(key));
  return files;
}

/** All at once: what they have in common, the SDK above all, is read and parsed a single time. */
async function buildEntries(
  entryPoints: { in: string; out: string }[],
  sourceMaps: boolean,
): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    entryPoints,
    absWorkingDir: PROJECT,
    outdir: OUT,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules can be tree-shaken: a third smaller and faster to load than the default.
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': join(PROJECT, 'src/platform/function-credentials.ts') },
    sourcemap: sourceMaps && 'external',
    banner: { js: REQUIRE_FOR_COMMONJS },
    logLevel: 'silent',
  });
  return outputFiles;
}

async function writeBundle(
  name: FunctionName,
  files: readonly BuiltFile[],
  options: BundleOptions,
): Promise<FunctionBundle> {
  const folder = join(folderOf(options), name);
  const mapsFolder = join(folderOf(options), MAPS_FOLDER);
  await rm(folder, { recursive: true, force: true });
  const module = join(folder, `${handlerPath(name)}.mjs`);
  await mkdir(dirname(module), { recursive: true });
  await mkdir(mapsFolder, { recursive: true });
  await writeFile(join(folder, PIPELINE_FILE), pipelineText(options.pipeline));
  let sizeBytes = 0;
  for (const { path, contents } of files.filter((file) => file.path.startsWith(join(OUT, name, sep)))) {
    const isMap = path.endsWith('.map');
    if (!isMap) sizeBytes += contents.length;
    await writeFile(isMap ? join(mapsFolder, `${name}.mjs.map`) : module, contents);
  }
  return { name, folder, sizeBytes };
}

const folderOf = ({ bundleFolder }: BundleOptions) => resolve(bundleFolder ?? OUT);

const PROJECT = projectFolder();

/** Where esbuild is told that its output goes: the paths in source maps are as seen from there. */
const OUT = join(PROJECT, 'dist');

/** Source maps stay out of the functions' code: they would be loaded on every cold start. */
const MAPS_FOLDER = 'source-maps';

/** CommonJS dependencies call `require` for Node's own modules; an ES module has none. */
const REQUIRE_FOR_COMMONJS =
  "import{createRequire as tidemillCreateRequire}from'node:module';const require=tidemillCreateRequire(import.meta.url);";
