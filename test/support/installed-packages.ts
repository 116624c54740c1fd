// The packages as somebody else gets them: built, packed, and put into an empty project, to be used there on a Node.js of choice.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { projectFolder } from '../../src/platform/project-folder.ts';

/** The oldest line of Node.js that the packages are for. */
export const NODE_22 = '22.23.3';

export interface EmptyProject {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): void;
  /** In the project, by that Node.js, which is also the one of every process that it starts. Gives stdout. */
  runOn(node: string, file: string, ...args: readonly string[]): string;
}

const PROJECT = projectFolder();
const PACKAGES = ['.', './src/event-source', './src/local-stack'];

/** Builds and packs them into the folder. Gives the tarballs' paths. */
export function packInto(folder: string): readonly string[] {
  execFileSync(process.execPath, ['src/packages/build.ts'], { cwd: PROJECT });
  npm(['pack', ...PACKAGES, '--ignore-scripts', '--pack-destination', folder], PROJECT);
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  return tarballs.map((file) => join(folder, file));
}

export function emptyProject(folder: string): EmptyProject {
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  };
  write({ 'package.json': '{"type":"module","private":true}' });
  return {
    folder,
    write,
    runOn: (node, file, ...args) => {
      const env = { ...process.env, PATH: [dirname(node), process.env['PATH']].join(delimiter) };
      return execFileSync(node, [file, ...args], { cwd: folder, encoding: 'utf8', env });
    },
  };
}

/** As npm does it, from the registry where its cache has not what is needed. */
export function install({ folder }: EmptyProject, packages: readonly string[]): void {
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  npm(['install', ...quiet, ...packages], folder);
}

/**
 * What an installation comes to, in a twentieth of the time: the tarballs' files, and of all that is installed here what their
 * manifests name and nothing else.
 */
export function unpack({ folder }: EmptyProject, tarballs: readonly string[]): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  const manifests = tarballs.map((tarball) => unpackOne(modules, tarball));
  const own = new Map(manifests.map(({ name, version }) => [name, version]));
  for (const { dependencies = {} } of manifests) {
    for (const [name, version] of Object.entries(dependencies)) {
      const found = own.get(name) ?? linkInstalled(modules, name);
      expect({ name, version: found }).toEqual({ name, version });
    }
  }
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

function unpackOne(modules: string, tarball: string): Manifest {
  const untar = (...args: readonly string[]) =>
    execFileSync('tar', ['-xzf', tarball, ...args], { encoding: 'utf8' });
  const manifest: Manifest = JSON.parse(untar('-O', 'package/package.json'));
  const target = join(modules, manifest.name);
  mkdirSync(target, { recursive: true });
  untar('--strip-components=1', '-C', target);
  for (const [command, file] of Object.entries(manifest.bin ?? {})) {
    symlinkSync(join(target, file), join(modules, '.bin', command));
  }
  return manifest;
}

/** Gives the version. */
function linkInstalled(modules: string, name: string): string {
  const installed = join(PROJECT, 'node_modules', name);
  const link = join(modules, name);
  mkdirSync(dirname(link), { recursive: true });
  if (!readdirSync(dirname(link)).includes(name.split('/').at(-1) ?? name)) symlinkSync(installed, link);
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).version;
}

/**
 * The package that holds the binary alone, in a project of its own: among this project's own packages its command would take
 * the place of the Node.js that the tests run on.
 */
export function installNode22(folder: string): string {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  install(emptyProject(folder), [`${name}@${NODE_22}`]);
  return join(folder, 'node_modules', name, 'bin/node');
}

/** Code blocks of an installed package's README; those that begin with a file's name by it, another as `example.js`. */
export function readmeOf({ folder }: EmptyProject, packageName: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(folder, 'node_modules', packageName, 'README.md'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/```js\n(?:\/\/ (\S+)\n)?([\s\S]*?)```/g)].map(([, file = 'example.js', code = '']) => [
      file,
      code,
    ]),
  );
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args], { cwd, stdio: 'pipe' });
}
