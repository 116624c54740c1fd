// The packages as somebody else gets them, used as their README says. What is the same on every Node.js is tried on the oldest that
// they are for; on the one that all other tests run on, that there is JavaScript to run. By night npm installs them (test/nightly).
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { javaMissing } from '../support/dynamodb-local.ts';
import {
  type EmptyProject,
  emptyProject,
  installNode22,
  NODE_22,
  packInto,
  unpack,
} from '../support/installed-packages.ts';
import {
  expectEntries,
  expectEventSource,
  expectLocalStack,
  expectRecordedCases,
  expectSimulation,
} from '../support/packages-do-what-they-say.ts';

const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

let folder = '';
let project: EmptyProject;
let node22 = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemill-packages-'));
  const tarballs = packInto(folder);
  project = emptyProject(join(folder, 'empty'));
  unpack(project, tarballs);
  node22 = installNode22(join(folder, 'node-22'));
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('each package brings what is built and its README, and nothing else', () => {
  for (const name of ['@tidemill/event-source', '@tidemill/local-stack']) {
    const installed = readdirSync(join(folder, 'empty/node_modules', name));
    expect(installed.sort()).toEqual(['README.md', 'lib', 'package.json']);
  }
});

test('Node 22 is one', () => {
  expect(project.runOn(node22, '--version')).toBe(`v${NODE_22}\n`);
});

test.each(['Node 22', 'Node 24'])('on %s the packages are there and can be loaded', (name) => {
  const node = name === 'Node 22' ? node22 : process.execPath;
  expectEventSource(project, node);
  expectEntries(project, node);
  expectRecordedCases(project, node);
});

test.skipIf(missing !== undefined)('@tidemill/local-stack does what its README shows', () => {
  expectLocalStack(project, node22);
});

test('the tidemill command runs the simulation in threads of its own', () => {
  expectSimulation(project, node22);
});
