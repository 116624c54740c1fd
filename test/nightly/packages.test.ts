// The packages as npm installs them into an empty project, on each Node.js that they are for.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type EmptyProject,
  emptyProject,
  install,
  installNode22,
  NODE_22,
  packInto,
} from '../support/installed-packages.ts';
import {
  expectEntries,
  expectEventSource,
  expectLocalStack,
  expectRecordedCases,
  expectSimulation,
} from '../support/packages-do-what-they-say.ts';

let folder = '';
let project: EmptyProject;
const nodes = { 'Node 24': process.execPath, 'Node 22': '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemill-packages-'));
  const tarballs = packInto(folder);
  project = emptyProject(join(folder, 'empty'));
  install(project, tarballs);
  nodes['Node 22'] = installNode22(join(folder, 'node-22'));
  expect(project.runOn(nodes['Node 22'], '--version')).toBe(`v${NODE_22}\n`);
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['Node 24', 'Node 22'] as const)('on %s they do what they say', (name) => {
  const node = nodes[name];
  expectEventSource(project, node);
  expectLocalStack(project, node);
  expectEntries(project, node);
  expectRecordedCases(project, node);
  expectSimulation(project, node);
});
