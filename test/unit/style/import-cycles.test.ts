// No file imports itself by way of others, types included. Biome has a rule for it, which reads all packages for it and takes most of
// what a check takes.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../../src/platform/project-folder.ts';

test('no import cycles', () => {
  const project = projectFolder();
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.tsx'], {
    cwd: project,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file !== '');
  expect(files.length).toBeGreaterThan(500);
  const graph = new Map(
    files.flatMap((file) => {
      const text = readIfThere(join(project, file));
      return text === undefined ? [] : [[file, importsOf(text).map((path) => join(dirname(file), path))]];
    }),
  );
  expect(cycleIn(graph)).toEqual([]);
});

test('imports of every form are seen, and a cycle is told in its order', () => {
  const text = [
    "import './a.ts';",
    "import type { B } from './b.ts';",
    'import {',
    '  c,',
    "} from '../c.ts';",
    "export { d } from './d.ts';",
    "import e from 'e';",
    "const later = () => import('./later.ts');",
  ].join('\n');
  expect(importsOf(text)).toEqual(['./a.ts', './b.ts', '../c.ts', './d.ts']);
  const graph = new Map([
    ['a', ['b', 'x']],
    ['b', ['c']],
    ['c', ['b']],
    ['x', []],
  ]);
  expect(cycleIn(graph)).toEqual(['b', 'c', 'b']);
});

/** Relative ones; what is imported once it is needed is no cycle. */
function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*'(\.[^']*)'/gm);
  return [...found].map(([, path = '']) => path);
}

/** The first that is found, from a file to itself; empty: there is none. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] => {
    if (done.has(file)) return [];
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

/** Listed, and deleted since. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
