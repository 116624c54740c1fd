// `tidemill verify` on a local run: all that can be tried here holds, and what is broken on purpose is found. What is broken
// is what a stack would do otherwise, as it shows from outside: answers, connections, and what becomes of events.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveSocket, OpenSocket } from '../../src/live-client/live-socket.ts';
import type { Ask, Place, Question, Reply } from '../../src/verify/place.ts';
import type { Verdict } from '../../src/verify/verify.ts';
import { runHere } from '../support/command-here.ts';
import { folderWith } from '../support/failing-command.ts';
import { pathWithoutJava, startCommand } from '../support/run-command.ts';
import { startVerifiedRun, type VerifiedRun } from '../support/verified-run.ts';

let run: VerifiedRun;
beforeAll(async () => {
  run = await startVerifiedRun({ patienceMs: 60_000 });
}, 120_000);
afterAll(() => run.stop());

const brokenOf = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap((one) => (one.kind === 'broken' ? [one.id] : []));

it('holds here, but for what a local run does not have, and that is said', async () => {
  const verdicts = await run.verify();
  expect(verdicts.filter(({ kind }) => kind === 'broken')).toEqual([]);
  const untried = verdicts.flatMap((one) => (one.kind === 'untried' ? [one.id] : []));
  expect(untried.filter((id) => !/^(?:aws|gateway)\./.test(id))).toEqual([]);
  expect(verdicts.length - untried.length).toBeGreaterThan(30);
}, 300_000);

it('leaves no token that is good, and no source that is waited for', async () => {
  await run.verify('door.e');
  for await (const token of run.runtime.tokens.list()) {
    // There is none here of the dashboard's, which is not its own.
    expect(token.revokedMs, token.subject).toBeDefined();
  }
}, 120_000);

type Breaking = (place: Place) => Partial<Place>;

const isPost = ({ method, url }: Question) => method === 'POST' && url.endsWith('/v1/events');
const reply = (status: number, text: string, type = 'application/json'): Reply => ({
  status,
  text,
  header: (name) => (name.toLowerCase() === 'content-type' ? type : undefined),
});
const RECEIPT = reply(200, '{"shardId":"shardId-000000000000","sequenceNumber":"1"}');
/** Answers some questions otherwise; the others go on. */
const answering =
  (otherwise: (question: Question, ask: Ask) => Promise<Reply> | Reply | undefined): Breaking =>
  ({ ask }) => ({
    ask: async (question) => (await otherwise(question, ask)) ?? (await ask(question)),
  });
const sending =
  (change: (question: Question) => Question): Breaking =>
  ({ ask }) => ({ ask: (question) => ask(change(question)) });
const connecting =
  (change: (open: OpenSocket, place: Place) => OpenSocket): Breaking =>
  (place) => ({
    openSocket: change(place.openSocket, place),
  });

const BREAKINGS: Readonly<Record<string, readonly [string, Breaking]>> = {
  'the template refuses events without a source': [
    'door.event',
    answering((question) =>
      isPost(question) && !question.body?.includes('"source"') ? reply(403, '{"message":"x"}') : undefined,
    ),
  ],
  'a character set in the content type is another type': [
    'door.charset',
    answering(({ headers = {} }) =>
      headers['Content-Type']?.includes('charset') ? reply(415, '{}') : undefined,
    ),
  ],
  'bodies with a character set are not validated': [
    'door.charset',
    answering(({ headers = {}, body = '' }) =>
      headers['Content-Type']?.includes('charset') && body.includes('"no"') ? RECEIPT : undefined,
    ),
  ],
  'list lengths are not validated': [
    'door.too-many',
    answering((question) =>
      isPost(question) && (question.body?.split('"id"').length ?? 0) > 501 ? RECEIPT : undefined,
    ),
  ],
  'the template loop ends early and refuses what it has not seen': [
    'door.most',
    answering((question) =>
      isPost(question) && (question.body?.split('"id"').length ?? 0) > 300 ? reply(403, '{}') : undefined,
    ),
  ],
  'validation messages are no JSON': [
    'door.bad-events',
    answering(async (question, ask) => {
      const answer = await ask(question);
      return answer.status === 400 ? reply(400, '{"message":"found "x" here"}') : answer;
    }),
  ],
  'anybody may post for another source': [
    'door.foreign-source',
    answering((question) => (isPost(question) && question.body?.includes('-other') ? RECEIPT : undefined)),
  ],
  'tokens are not looked at': [
    'door.no-token',
    answering((question) =>
      isPost(question) && question.headers?.['Authorization'] !== undefined ? RECEIPT : undefined,
    ),
  ],
  'text goes through Latin-1 before it is encoded': [
    'text.utf-8',
    sending((question) => ({
      ...question,
      ...(question.body === undefined ? {} : { body: Buffer.from(question.body, 'utf8').toString('latin1') }),
    })),
  ],
  'numbers are written anew with fewer digits': [
    'text.numbers',
    sending((question) => ({
      ...question,
      ...(question.body === undefined ? {} : { body: question.body.replace('"c":0.1', '"c":0.10000000149') }),
    })),
  ],
  'of two sources in an event the functions see the one that the template does not': [
    'text.twice',
    answering(({ url }) =>
      url.endsWith('-twice-other') ? reply(200, '{"counts":{"received":1}}') : undefined,
    ),
  ],
  'receipts are given for what is not stored': [
    'books.applied',
    answering((question) => (isPost(question) ? RECEIPT : undefined)),
  ],
  'ids are lost on the way, so that retries count': [
    'books.duplicate',
    sending((question) => ({
      ...question,
      ...(question.body === undefined ? {} : { body: question.body.replace(/"id":"[^"]*",/g, '') }),
    })),
  ],
  'dead letters are not written': ['books.quarantined', () => ({ deadLetters: { async *list() {} } })],
  'the books do not balance': [
    'books.balance',
    answering(async (question, ask) => {
      const answer = await ask(question);
      return question.url.endsWith('/v1/ledger')
        ? { ...answer, text: answer.text.replace('"balanced":true', '"balanced":false') }
        : answer;
    }),
  ],
  'alerts are not judged': [
    'alerts.fires',
    answering(({ url }) => (url.includes('/v1/alerts') ? reply(200, '{"alerts":[]}') : undefined)),
  ],
  'the query API has no authorizer': [
    'query.refuses',
    answering(({ url }) => (url.includes('/v1/') ? reply(200, '{}') : undefined)),
  ],
  'headers are lost behind the query API': [
    'query.forms',
    sending(({ headers: _, ...question }) => question),
  ],
  'the distribution takes the Authorization header away': [
    'site.authorization',
    sending(({ token, ...question }) => ({
      ...question,
      ...(token === undefined || question.headers?.['Sec-Fetch-Site'] !== undefined ? {} : { token }),
    })),
  ],
  'the subprotocol does not reach the authorizer': [
    'live.token',
    connecting(
      (open) =>
        (url, [first = ''], listener) =>
          open(url, [first], listener),
    ),
  ],
  'anybody may hear': [
    'live.refuses',
    connecting((open, place) => (url, [first = ''], listener) => {
      const socket = Promise.resolve(place.issue({ use: 'reader', subject: 'x' })).then(({ text }) =>
        open(url, [first, `token.${text}`], listener),
      );
      return {
        send: (text) => void socket.then((one) => one.send(text)),
        close: () => void socket.then((one) => one.close()),
      };
    }),
  ],
  'changes are not told': [
    'live.changes',
    connecting(
      (open) =>
        (url, protocols, listener): LiveSocket =>
          open(url, protocols, {
            ...listener,
            onOpen: () => listener.onOpen(),
            onClose: () => listener.onClose(),
            onMessage: (text) => (text.includes('"changes"') ? undefined : listener.onMessage(text)),
          }),
    ),
  ],
  'revocations are not seen': ['live.revoked', () => ({ revoke: async () => {} })],
};

// Side by side: most of them wait for what does not come.
describe('a stack that does otherwise is found out', () => {
  it.concurrent.each(Object.entries(BREAKINGS))(
    'where %s',
    async (_, [id, breaking]) => {
      const verdicts = await run.verify(id, (place) => ({ patienceMs: 2_000, ...breaking(place) }));
      expect(brokenOf(verdicts)).toContain(id);
      expect(verdicts.find((one) => one.id === id)?.otherwise).toMatch(/\S/);
    },
    60_000,
  );
});

it('is a command: green on the local run by its outputs file, red with exit code 1, and nothing is "held" that was not tried', async () => {
  const cwd = await folderWith({
    'p.json': JSON.stringify({ aggregations: [{ name: 'a', window: { tumbling: '60s' } }] }),
  });
  // What the servers do otherwise than memory is tried in files of their own.
  const path = await pathWithoutJava(cwd);
  const dev = startCommand(
    ['dev', '--devices', '0', '--players', '0', '--pipeline', 'p.json', '--outputs-file', 'outputs.json'],
    { cwd, path },
  );
  await dev.line(/events\/s/);
  const asked = ['verify', '--outputs', 'outputs.json', '--json'];
  const green = await startCommand([...asked, '--pipeline', 'p.json', '--only', 'door.event'], { cwd, path })
    .ended;
  expect({ code: green.code, stderr: green.stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(green.stdout)).toMatchObject({ broken: 0, steps: [{ kind: 'held', id: 'door.event' }] });
  const untried = await runHere([...asked, '--only', 'aws.roles'], { cwd });
  expect(JSON.parse(untried.stdout)).toMatchObject({ steps: [{ kind: 'untried', id: 'aws.roles' }] });
  // Its API is somewhere else by now.
  const outputs = JSON.parse(await readFile(join(cwd, 'outputs.json'), 'utf8'));
  for (const stack of Object.values<Record<string, string>>(outputs))
    stack['ApiUrl'] = 'http://127.0.0.1:9/api/';
  await writeFile(join(cwd, 'outputs.json'), JSON.stringify(outputs));
  const red = await runHere([...asked, '--only', 'door.event'], { cwd });
  expect(red.code).toBe(1);
  expect(JSON.parse(red.stdout)).toMatchObject({ broken: 1, steps: [{ kind: 'broken', id: 'door.event' }] });
  dev.child.kill('SIGINT');
  await dev.ended;
}, 300_000);
