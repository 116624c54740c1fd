// The packages as somebody else gets them: packed, installed into an empty project, and used there as their README says, on each
// Node.js that they are for.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectFolder } from '../../src/platform/project-folder.ts';
import { javaMissing } from '../support/dynamodb-local.ts';

const PROJECT = projectFolder();
const PACKAGES = ['.', 'src/event-source', 'src/local-stack'];
/** The oldest line that the packages are for. */
const NODE_22 = '22.23.3';
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

let folder = '';
const nodes = { 'Node 24': process.execPath, 'Node 22': '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemill-packages-'));
  execFileSync(process.execPath, ['src/packages/build.ts'], { cwd: PROJECT });
  for (const packed of PACKAGES) {
    npm(['pack', '--ignore-scripts', '--pack-destination', folder], join(PROJECT, packed));
  }
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  install('empty', ...tarballs.map((file) => join(folder, file)));
  nodes['Node 22'] = installNode22();
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args], { cwd, stdio: 'pipe' });
}

/** Into a project of that name with nothing else in it. */
function install(project: string, ...packages: readonly string[]): void {
  mkdirSync(join(folder, project));
  writeFileSync(join(folder, project, 'package.json'), '{"type":"module","private":true}');
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  npm(['install', ...quiet, ...packages], join(folder, project));
}

/**
 * The package that holds the binary alone, in a project of its own: among this project's own packages its command would take
 * the place of the Node.js that the tests run on.
 */
function installNode22(): string {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  install('node-22', `${name}@${NODE_22}`);
  return join(folder, 'node-22/node_modules', name, 'bin/node');
}

interface Running {
  run(file: string, ...args: readonly string[]): string;
}

/** In the project that has the packages, by that Node.js, which is also the one of every process that it starts. */
function runningOn(name: keyof typeof nodes): Running {
  const env = { ...process.env, PATH: `${dirname(nodes[name])}:${process.env['PATH']}` };
  const cwd = join(folder, 'empty');
  return {
    run: (file, ...args) => execFileSync(nodes[name], [file, ...args], { cwd, encoding: 'utf8', env }),
  };
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, 'empty', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Code blocks of an installed package's README; those that begin with a file's name by it. */
function readmeOf(packageName: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(folder, 'empty/node_modules', packageName, 'README.md'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/```js\n(?:\/\/ (\S+)\n)?([\s\S]*?)```/g)].map(([, file = 'example.js', code = '']) => [
      file,
      code,
    ]),
  );
}

test('each package brings what is built and its README, and nothing else', () => {
  for (const name of ['@tidemill/event-source', '@tidemill/local-stack']) {
    const installed = readdirSync(join(folder, 'empty/node_modules', name));
    expect(installed.sort()).toEqual(['README.md', 'lib', 'package.json']);
  }
});

test('Node 22 is one', () => {
  expect(runningOn('Node 22').run('--version')).toBe(`v${NODE_22}\n`);
});

describe.each(['Node 24', 'Node 22'] as const)('on %s', (name) => {
  test('@tidemill/event-source does what its README shows', () => {
    write(readmeOf('@tidemill/event-source'));
    expect(runningOn(name).run('example.js')).toBe('one order is given up, three are handled\n');
  });

  test.skipIf(missing !== undefined)('@tidemill/local-stack does what its README shows', () => {
    write({ ...readmeOf('@tidemill/local-stack'), 'infrastructure/cdk.json': '{ "app": "node app.js" }' });
    expect(runningOn(name).run('orders.test.js')).toBe('two orders are added up\n');
  });

  test('tidemill/testing, tidemill/client and tidemill/live-client are there', () => {
    const script = `
    import { createTelemetryClient } from 'tidemill/client';
    import { createLiveClient } from 'tidemill/live-client';
    import { createPipelineTest } from 'tidemill/testing';
    const test = createPipelineTest({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });
    await test.put({ source: 'd1', id: 1, time: 60_000, values: { v: 1 } });
    await test.advance('15m');
    const [window] = await test.windows();
    console.log(typeof createTelemetryClient, typeof createLiveClient, window.final);`;
    write({ 'script.js': script });
    expect(runningOn(name).run('script.js')).toBe('function function true\n');
  });

  test('the tidemill command runs: recorded cases, and the simulation in threads of its own', () => {
    write({
      'case/pipeline.json': '{"aggregations":[{"name":"m","window":{"tumbling":"60s"}}]}',
      'case/events.ndjson': '{"source":"a","time":1767225600000,"id":1}\n',
      'case/expected.csv': 'kind,series,start,end,metric,aggregate,value\nledger,,,,,applied,1\n',
    });
    const { run } = runningOn(name);
    expect(run('node_modules/.bin/tidemill', 'test', 'case')).toBe('ok case\n');
    expect(run('node_modules/.bin/tidemill', 'simulate', '--seeds', '2')).toMatch(/^2 seeds hold/);
  });
});
