// What a user sees when a command cannot begin: a message that says what, where and what to do, and the exit code.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/wire/api/openapi.ts';
import { kinesisLine } from '../../src/wire/recording-line.ts';
import { refused } from '../support/command-here.ts';
import { SHARD, sequenceOf } from '../support/event-streams.ts';
import { EVENT_LINES, failing, folderWith } from '../support/failing-command.ts';
import { runCommand, startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const RECORD = kinesisLine({
  shard: SHARD,
  sequence: sequenceOf(1),
  partitionKey: 'a',
  arrivalMs: 1_760_000_000_000,
  data: Buffer.from('{"source":"a","time":0}').toString('base64'),
});

it('openapi prints the document that a running system serves', async () => {
  const { code, stdout, stderr } = await runCommand(['openapi'], { cwd: await temporaryFolder() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(
    JSON.parse(JSON.stringify(openApiDocument({ routes: [], maxEvents: 500 }))),
  );
});

describe('bad usage ends with 2 and a message on stderr', () => {
  it.each([
    ['no command', [], /^Usage: tidemill .*Commands:/s],
    ['an unknown option', ['--nope'], /unknown option '--nope'/],
    ['an unknown command', ['nonesuch'], /unknown command 'nonesuch'/],
    ['a recording not named', ['replay'], /missing required argument 'file'/],
    ['a number out of range', ['replay', '--shards', '0', 'x'], /--shards <n>.*'0'.*from 1 to 64/],
    ['a speed that is none', ['replay', '--speed', 'fast', 'x'], /--speed <speed>.*'fast'/],
    ['an audit with no run', ['audit'], /found no local run in this folder: start one with `tidemill dev`/],
    ['a ledger with no run', ['ledger'], /found no local run in this folder: start one with `tidemill dev`/],
    ['a data folder that is none', ['ledger', '--data', '.'], /found no outputs\.json in it/],
    ['two places to look at', ['ledger', '--data', '.', '--outputs', 'o'], /found both, expected one/],
    ['outputs that are none', ['sources', '--outputs', 'other.json'], /other\.json: found no stack with/],
    ['values of no rollup', ['windows', '--value', 'a'], /--value: expected together with --rollup/],
    ['no such pipeline', ['replay', '--pipeline', 'no.json', 'ok.ndjson'], /no\.json: there is no such file/],
    ['a pipeline cut short', ['replay', '--pipeline', 'cut.json', 'ok.ndjson'], /cut\.json: .*JSON/],
    [
      'a folder that is not there',
      ['replay', 'ok.ndjson', '--windows-out', 'no/w.csv'],
      /no\/w\.csv: there is no/,
    ],
  ] as const)('%s', async (_, args, message) => {
    const cwd = await folderWith({
      'ok.ndjson': EVENT_LINES.join(''),
      'cut.json': '{"aggregations": [',
      'other.json': '{"Stack":{"Url":"x"}}',
    });
    const { code, stderr } = await refused(args, { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('a pipeline definition with mistakes: every key is named', async () => {
    const wrong = {
      aggregations: [{ name: 'a', window: { tumbling: '60x' }, allowedLatenes: '1h' }],
      rollups: [{ name: 'r', of: 'b', by: ['site'] }],
      dedupe: { horizon: 5 },
    };
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join(''), 'wrong.json': JSON.stringify(wrong) });
    const { code, stderr } = await failing(['replay', 'ok.ndjson', '--pipeline', 'wrong.json'], { cwd });
    expect(code).toBe(2);
    for (const key of ['window.tumbling', 'allowedLatenes', 'rollups[0].of', 'dedupe.horizon']) {
      expect(stderr).toContain(key);
    }
  });
});

describe('a recording that cannot be replayed ends with 1 and says which, and where in it', () => {
  const whole = gzipSync(EVENT_LINES.join('').repeat(2_000));
  it.each([
    ['not there', ['none.ndjson'], /^tidemill: none\.ndjson: there is no such file/],
    ['a folder that is no archive', ['folder'], /^tidemill: folder\/: found no records.*expected an archive/],
    [
      'gzip cut short',
      ['cut.ndjson.gz'],
      /^tidemill: cut\.ndjson\.gz: found the end of the file inside its gzip data/,
    ],
    [
      'a line cut short',
      ['cut.ndjson'],
      /^tidemill: cut\.ndjson, line 3: found .*\nIs the recording cut short/,
    ],
    ['a line that is no event', ['other.ndjson'], /^tidemill: other\.ndjson, line 2: /],
    ['of two kinds', ['mixed.ndjson'], /^tidemill: mixed\.ndjson, line 4: found a Kinesis record, expected/],
    ['and another of another kind', ['ok.ndjson', 'kinesis.ndjson'], /^tidemill: kinesis\.ndjson, line 1: /],
  ] as const)('%s', async (_, files, message) => {
    const cwd = await folderWith({
      'ok.ndjson': EVENT_LINES.join(''),
      'cut.ndjson': EVENT_LINES.join('').slice(0, -20),
      'cut.ndjson.gz': whole.subarray(0, whole.length - 40),
      'other.ndjson': `${EVENT_LINES[0]}[1,2]\n`,
      'mixed.ndjson': EVENT_LINES.join('') + RECORD,
      'kinesis.ndjson': RECORD,
    });
    await mkdir(join(cwd, 'folder'));
    const { code, stderr } = await refused(['replay', ...files], { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  it('by the command as it is started', async () => {
    const { code, stderr } = await failing(['replay', 'none.ndjson'], { cwd: await temporaryFolder() });
    expect(stderr).toMatch(/^tidemill: none\.ndjson: there is no such file/);
    expect(code).toBe(1);
  });
});

it('a pipe that is closed early is no failure', async () => {
  const { child, ended } = startCommand(['--help'], { cwd: await temporaryFolder() });
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

it.each([
  ['cut short', '{"pid": 1', /running\.json: .*JSON.*`tidemill dev` writes it again/],
  ['of a run that has ended', JSON.stringify({ pid: 2 ** 30 }), /found no local run in this folder/],
])('a note of a local run that is %s is told of', async (_, note, message) => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, '.tidemill'));
  await writeFile(join(cwd, '.tidemill/running.json'), note);
  expect((await refused(['ledger'], { cwd })).stderr).toMatch(message);
});

it('nothing is said before the command speaks, with whatever Node a terminal has', async () => {
  // npm's scripts put the packages' own Node before the terminal's.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  const { stdout, stderr } = await promisify(execFile)('npx', ['tidemill', '--help'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: path.join(delimiter),
      HOME: await temporaryFolder(),
      TMPDIR: process.env['TMPDIR'],
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    },
  });
  expect(stdout).toMatch(/^Usage: tidemill /);
  expect(stderr).toBe('');
});
