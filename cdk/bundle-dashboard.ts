// Bundles the dashboard into static files: the page, and what it loads, under names that change with their contents.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { projectFolder } from '../src/platform/project-folder.ts';

export interface DashboardBundle {
  /** `index.html` alone: never kept by whoever loads it without asking. */
  readonly pageFolder: string;
  /** `assets/…`: what has such a name never changes. */
  readonly assetsFolder: string;
}

/** In `<bundleFolder>/dashboard`, which is replaced. Repeating it gives the same bytes. */
export async function bundleDashboard({
  bundleFolder,
  builtIn,
}: {
  /** Default: `dist` in the project. */
  readonly bundleFolder?: string;
  /** A bundle folder that was made of the same sources: what is in it is taken as it is, and nothing is built. */
  readonly builtIn?: string | undefined;
} = {}): Promise<DashboardBundle> {
  const folder = join(resolve(builtIn ?? bundleFolder ?? join(PROJECT, 'dist')), 'dashboard');
  const pageFolder = join(folder, 'page');
  const assetsFolder = join(folder, 'files');
  if (builtIn !== undefined) return { pageFolder, assetsFolder };
  const { outputFiles } = await build({
    entryPoints: { dashboard: join(SOURCES, 'main.tsx') },
    absWorkingDir: PROJECT,
    outdir: join(assetsFolder, 'assets'),
    entryNames: '[name]-[hash]',
    write: false,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2023',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  });
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(assetsFolder, 'assets'), { recursive: true });
  await mkdir(pageFolder, { recursive: true });
  const icon = await readFile(join(SOURCES, 'icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  await writeFile(join(assetsFolder, 'assets', iconName), icon);
  for (const { path, contents } of outputFiles) await writeFile(path, contents);
  const named = (extension: string) => {
    const file = outputFiles.find(({ path }) => path.endsWith(extension));
    if (file === undefined) throw new Error(`dashboard: the bundler made no ${extension} file`);
    return `assets/${basename(file.path)}`;
  };
  const page = (await readFile(join(SOURCES, 'index.html'), 'utf8'))
    .replace('dashboard.css', named('.css'))
    .replace('dashboard.js', named('.js'))
    .replace('icon.svg', `assets/${iconName}`);
  await writeFile(join(pageFolder, 'index.html'), page);
  return { pageFolder, assetsFolder };
}

const PROJECT = projectFolder();
const SOURCES = join(PROJECT, 'src/dashboard');
