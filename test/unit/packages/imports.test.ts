// The packages that stand in folders of the application import nothing of it: by every import of every file.
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../../src/platform/project-folder.ts';

const PROJECT = projectFolder();
const PACKAGES = [
  { folder: 'src/event-source', mayImport: ['src/event-source'] },
  { folder: 'src/local-stack', mayImport: ['src/local-stack', 'src/event-source'] },
];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function importsIn(folder: string): Import[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/^(?:lib|node_modules)\//.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(PROJECT, folder, name), 'utf8');
      const found = text.matchAll(
        /^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
      );
      return [...found].map(([, from, bare, dynamic]) => ({
        file: join(folder, name),
        specifier: from ?? bare ?? dynamic ?? '',
      }));
    });
}

const isOwn = ({ specifier }: Import) => specifier.startsWith('.');
const packageOf = ({ specifier }: Import) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

describe.each(PACKAGES)('$folder', ({ folder, mayImport }) => {
  const imports = importsIn(folder);

  it('has imports that are found', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('imports no other folder of the project', () => {
    const strangers = imports.filter(isOwn).filter(({ file, specifier }) => {
      const path = relative(PROJECT, join(PROJECT, dirname(file), specifier));
      return !mayImport.some((allowed) => path.startsWith(`${allowed}/`));
    });
    expect(strangers).toEqual([]);
  });

  it('imports no package but those that its package.json brings', () => {
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(
      readFileSync(join(PROJECT, folder, 'package.json'), 'utf8'),
    );
    const named = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    const strangers = imports.filter(
      (each) =>
        !isOwn(each) &&
        !each.specifier.startsWith('node:') &&
        !builtinModules.includes(each.specifier) &&
        !named.includes(packageOf(each)),
    );
    expect(strangers).toEqual([]);
  });
});

it('@tidemill/local-stack brings what the application has, in the same versions', () => {
  const versionsOf = (folder: string): Readonly<Record<string, string>> =>
    JSON.parse(readFileSync(join(PROJECT, folder, 'package.json'), 'utf8')).dependencies;
  const { '@tidemill/event-source': own, ...others } = versionsOf('src/local-stack');
  expect(versionsOf('.')).toMatchObject(others);
  expect(own).toBe(JSON.parse(readFileSync(join(PROJECT, 'src/event-source/package.json'), 'utf8')).version);
});
