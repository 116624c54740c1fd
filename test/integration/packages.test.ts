// The packages as somebody else gets them. On the oldest Node.js that they are for what is in memory is tried; on the one that all other
// tests run on, that there is JavaScript to run. By night npm installs them and does all that they say (test/nightly/packages.test.ts).
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
  expectLoaded,
  expectRecordedCases,
} from '../support/packages-do-what-they-say.ts';

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

test('on Node 22 the packages are there, can be loaded and do what needs no server', () => {
  expectLoaded(project, node22);
  expectEventSource(project, node22);
  expectEntries(project, node22);
  expectRecordedCases(project, node22);
});

test('on Node 24 they can be loaded', () => {
  expectLoaded(project, process.execPath);
  expectEntries(project, process.execPath);
});
