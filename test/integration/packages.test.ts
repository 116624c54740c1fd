// The packages as somebody else gets them: packed, installed into an empty project, and used there as their README says.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectFolder } from '../../src/platform/project-folder.ts';

const PROJECT = projectFolder();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemill-packages-'));
  execFileSync(process.execPath, ['src/packages/build.ts'], { cwd: PROJECT });
  for (const packed of ['.', 'src/event-source']) {
    npm(['pack', '--ignore-scripts', '--pack-destination', folder], join(PROJECT, packed));
  }
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'empty/package.json'), '{"type":"module","private":true}');
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  npm(['install', ...quiet, ...tarballs.map((file) => join(folder, file))], join(folder, 'empty'));
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args], { cwd, stdio: 'pipe' });
}

/** What a script prints in the project that has the packages. */
function run(name: string, script: string): string {
  writeFileSync(join(folder, 'empty', name), script);
  return execFileSync(process.execPath, [name], { cwd: join(folder, 'empty'), encoding: 'utf8' });
}

test('@tidemill/event-source does what its README shows, and brings nothing else', () => {
  const installed = join(folder, 'empty/node_modules/@tidemill/event-source');
  const [, example = ''] =
    /```js\n([\s\S]*?)```/.exec(readFileSync(join(installed, 'README.md'), 'utf8')) ?? [];
  expect(run('example.js', example)).toBe('one order is given up, three are handled\n');
  expect(readdirSync(installed).sort()).toEqual(['README.md', 'lib', 'package.json']);
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
  expect(run('script.js', script)).toBe('function function true\n');
});

test('the tidemill command runs: recorded cases, and the simulation in threads of its own', () => {
  const cwd = join(folder, 'empty');
  mkdirSync(join(cwd, 'case'));
  const files = {
    'pipeline.json': '{"aggregations":[{"name":"m","window":{"tumbling":"60s"}}]}',
    'events.ndjson': '{"source":"a","time":1767225600000,"id":1}\n',
    'expected.csv': 'kind,series,start,end,metric,aggregate,value\nledger,,,,,applied,1\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'case', name), text);
  const tidemill = (...args: string[]) =>
    execFileSync(process.execPath, ['node_modules/.bin/tidemill', ...args], { cwd, encoding: 'utf8' });
  expect(tidemill('test', 'case')).toBe('ok case\n');
  expect(tidemill('simulate', '--seeds', '2')).toMatch(/^2 seeds hold/);
});
