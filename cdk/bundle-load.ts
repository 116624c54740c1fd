// Bundles the load's program into one module, for its container.
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { projectFolder } from '../src/platform/project-folder.ts';

/** The folder that holds `load.mjs` alone: `<bundleFolder>/load`, which is replaced. Default: in `dist` of the project. */
export async function bundleLoad({ bundleFolder }: { readonly bundleFolder?: string } = {}): Promise<string> {
  const folder = join(resolve(bundleFolder ?? join(PROJECT, 'dist')), 'load');
  await rm(folder, { recursive: true, force: true });
  await build({
    entryPoints: { load: join(PROJECT, 'producers/load/main.ts') },
    absWorkingDir: PROJECT,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_FOR_COMMONJS },
    logLevel: 'silent',
  });
  return folder;
}

const PROJECT = projectFolder();

/** CommonJS dependencies call `require` for Node's own modules; an ES module has none. */
const REQUIRE_FOR_COMMONJS =
  "import{createRequire as tidemillCreateRequire}from'node:module';const require=tidemillCreateRequire(import.meta.url);";
