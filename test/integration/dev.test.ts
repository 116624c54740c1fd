// `tidemill dev` as it is used: it runs, other commands in its folder ask it, and it ends without leaving anything.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHere } from '../support/command-here.ts';
import { expectNothingLeft, type StartedCommand, startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Events have come as far as the rollups. The books are added up more seldom than anybody here would wait: they are read at the end. */
const WITH_ROLLUPS = /events\/s.*: balanced \(\d+ sources\).*aggregate lag \d.*rollup lag \d/;

it('runs, is asked by other commands in its folder, takes events over HTTP, and ends on Ctrl-C with the books', async () => {
  const cwd = await temporaryFolder();
  const dev = startCommand(['dev', '--devices', '6', '--players', '4'], { cwd });
  expect(await dev.line(WITH_ROLLUPS)).toMatch(/ alerts firing/);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runHere(args, { cwd });
    expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
    return stdout.trim();
  };
  await expectAnswers(run);
  const token = await expectTokensRespected(dev, run);
  const bad = await runHere(['tokens', 'issue', '--relay', 'gateway'], { cwd });
  expect([bad.code, bad.stderr]).toEqual([
    2,
    expect.stringContaining('--sources: expected together with --relay'),
  ]);

  dev.child.kill('SIGINT');
  const { code, stdout, stderr } = await dev.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /received +applied +duplicate +late +quarantined +sources\n +[1-9][\d,]* +[1-9][\d,]* [^\n]+\nthe books balance: /,
  );
  expect(stdout).not.toContain(token);
  expect(existsSync(join(cwd, '.tidemill/running.json'))).toBe(false);
  await expectNothingLeft(cwd);
});

type Run = (...args: string[]) => Promise<string>;

/** Every command that looks at state finds what the run has by now. */
async function expectAnswers(run: Run): Promise<void> {
  const ask = async (...args: string[]) =>
    (await run(...args, '--json'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line));
  const [ledger] = await ask('ledger');
  expect(ledger).toMatchObject({ balanced: true, received: expect.any(Number) });
  const sources = await ask('sources');
  expect(sources.length).toBeGreaterThan(0);
  expect(sources[0]).toMatchObject({
    source: expect.stringMatching(/^(sensor|player)-/),
    received: expect.any(Number),
  });
  const windows = await ask('windows', '--limit', '1000');
  // The windows of this minute: of the devices themselves, out of their states, and of the rollups.
  for (const [kind, name] of [
    ['rollup', 'by-place'],
    ['source', 'per-minute'],
  ]) {
    const found = windows.find((window) => window['kind'] === kind && window['name'] === name);
    expect(found).toMatchObject({ final: false, revision: expect.any(Number), metrics: expect.any(Array) });
  }
  // None may have fired yet; those there are are of the fleet and the game.
  for (const alert of await ask('alerts')) {
    expect(alert).toMatchObject({
      state: expect.any(String),
      reason: expect.any(String),
      window: expect.any(Object),
    });
  }
  // Few or none: a young fleet without a clock far ahead. Those there are say why.
  for (const letter of await ask('dead-letters', 'list')) {
    expect(letter).toMatchObject({ reason: expect.any(String), detail: expect.any(String) });
  }
}

/** Events are taken over HTTP from whoever has a token, and from nobody else. Gives a token that was good. */
async function expectTokensRespected(dev: StartedCommand, run: Run): Promise<string> {
  const api = (await dev.line(/^HTTP API: /)).slice('HTTP API: '.length);
  // The dashboard of this run, with a token in the fragment that reads.
  const dashboard = new URL((await dev.line(/^dashboard: /)).slice('dashboard: '.length));
  const page = await fetch(new URL('/', dashboard));
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
  const reader = dashboard.hash.slice('#token='.length);
  const listed = await fetch(`${api}v1/sources`, { headers: { Authorization: `Bearer ${reader}` } });
  expect(listed.status).toBe(200);
  const token = await run('tokens', 'issue', '--device', 'pump-1');
  const post = async (authorization: string) => {
    const answer = await fetch(`${api}v1/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: authorization },
      body: JSON.stringify({ id: 1, time: Date.now(), values: { level: 0.5 } }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  expect(await post(`Bearer ${token}`)).toEqual({
    status: 200,
    body: { shardId: expect.any(String), sequenceNumber: expect.any(String) },
  });
  expect(await post('Bearer x.y.z')).toMatchObject({ status: 401, body: { where: 'header Authorization' } });
  expect(await run('tokens', 'list')).toContain('pump-1');
  const other = JSON.parse(await run('tokens', 'issue', '--reader', 'somebody', '--json'));
  expect(await post(`Bearer ${other.token}`)).toMatchObject({ status: 401 });
  expect(await run('tokens', 'revoke', other.id)).toBe(`revoked: token ${other.id} of reader somebody`);
  expect(await run('tokens', 'list')).toMatch(/somebody .* revoked/);
  expect(await run('tokens', 'rotate')).toMatch(/^new signing key: /);
  expect(await run('tokens', 'revoke', '--device', 'pump-1')).toContain('(1 known)');
  return token;
}
