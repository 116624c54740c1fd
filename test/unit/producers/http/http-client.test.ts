import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient, type HttpClientSetup } from '../../../../producers/http/http-client.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly events: readonly { readonly id: unknown; readonly n?: number }[];
}
type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | Error;

const RECEIPT = { status: 200, body: '{"shardId":"shardId-1","sequenceNumber":"1"}' };

const refusal = (where: string) =>
  JSON.stringify({ message: 'refused', where, found: 'one thing', expected: 'another' });
const REFUSED_BODY = {
  status: 400,
  headers: { 'Content-Type': 'application/json' },
  body: refusal('body'),
};

/** A door that answers what `answer` says, and a clock whose waits are noted and over at once. */
async function setUp(
  answer: (request: Request, number: number) => Answer,
  more: Partial<HttpClientSetup> = {},
) {
  const requests: Request[] = [];
  const waits: number[] = [];
  const refused: string[] = [];
  const trouble: string[] = [];
  const folder = more.folder ?? (await temporaryFolder());
  const client = await createHttpClient({
    apiUrl: 'http://door/api/',
    source: 'device ü',
    token: () => 'secret-token',
    folder,
    deps: {
      fetch: async (url, init) => {
        const request = {
          url,
          headers: { ...Object(init.headers) },
          events: JSON.parse(String(init.body)).events,
        };
        requests.push(request);
        const said = answer(request, requests.length);
        if (said instanceof Error) throw said;
        return new Response(said.body ?? '{}', { status: said.status, headers: said.headers ?? {} });
      },
      clock: {
        nowMs: () => 0,
        sleep: async (ms) => {
          if (ms !== 250) waits.push(ms);
          await new Promise((resolve) => setImmediate(resolve));
        },
      },
      random: () => 0.5,
    },
    onRefused: (event) => refused.push(String(event['id'])),
    onTrouble: (why) => trouble.push(why),
    ...more,
  });
  onTestFinished(() => client.close());
  return { client, requests, waits, refused, trouble, folder };
}
const event = (n: number) => ({ id: n, time: n, values: { n } });

describe('the client of the HTTP door', () => {
  it('sends what it was given, in order, with the token, and counts what it has a receipt for', async () => {
    const { client, requests } = await setUp(() => RECEIPT);
    await Promise.all([1, 2, 3].map((n) => client.put(event(n))));
    await client.flush();
    expect(requests.flatMap(({ events }) => events)).toEqual([1, 2, 3].map(event));
    expect(requests[0]).toMatchObject({
      url: 'http://door/api/v1/events',
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json' },
    });
    expect(client.stats()).toMatchObject({ accepted: 3, delivered: 3, refused: 0, buffered: 0, retries: 0 });
  });

  it('gives events ids, so that sending them again counts them once', async () => {
    const { client, requests } = await setUp((_, number) => (number === 1 ? new Error('reset') : RECEIPT));
    await client.put({ time: 1 });
    await client.flush();
    const [first, second] = requests;
    expect(first?.events[0]?.id).toMatch(/^\w+-0$/);
    expect(second?.events).toEqual(first?.events);
  });

  it('tries again what was not stored, no sooner than it is told to, and takes no 200 without a receipt', async () => {
    const answers: Answer[] = [
      { status: 429, headers: { 'Retry-After': '7' } },
      { status: 503, headers: { 'Retry-After': '1000000' } },
      new Error('reset'),
      { status: 200, body: '<html>Welcome</html>' },
      { status: 502 },
    ];
    const { client, waits, trouble } = await setUp(() => answers.shift() ?? RECEIPT);
    await client.put(event(1));
    await client.flush();
    expect(client.stats()).toMatchObject({ delivered: 1, requests: 6, retries: 5 });
    // Half of base × 2^n, on top of what was asked for; nobody silences it for longer than five minutes.
    expect(waits).toEqual([7_000 + 100, 300_000 + 200, 400, 800, 1_600]);
    expect(trouble).toHaveLength(5);
    expect(trouble.join()).not.toContain('secret-token');
  });

  it('keeps events while its token is refused, and asks for the token again', async () => {
    let tokens = 0;
    const { client, requests } = await setUp(
      ({ headers }) => (headers['Authorization'] === 'Bearer token-3' ? RECEIPT : { status: 401 }),
      { token: () => `token-${++tokens}` },
    );
    await client.put(event(1));
    await client.flush();
    expect(requests).toHaveLength(3);
    expect(client.stats()).toMatchObject({ delivered: 1, refused: 0 });
  });

  it('finds the one event that is refused, and delivers those beside it, in order', async () => {
    const delivered: unknown[] = [];
    const { client, refused } = await setUp(({ events }) => {
      if (events.some(({ id }) => id === 5)) return REFUSED_BODY;
      delivered.push(...events.map(({ id }) => id));
      return RECEIPT;
    });
    await Promise.all(Array.from({ length: 9 }, (_, n) => client.put(event(n))));
    await client.flush();
    expect(refused).toEqual(['5']);
    expect(delivered).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    expect(client.stats()).toMatchObject({ accepted: 9, delivered: 8, refused: 1, buffered: 0 });
  });

  it.each<[string, Exclude<Answer, Error>]>([
    ['a captive portal', { status: 403, body: '<html>Sign in to WiFi</html>' }],
    ["a page with the door's words", { ...REFUSED_BODY, headers: { 'Content-Type': 'text/html' } }],
    ['a proxy that says 400', { status: 400, body: 'Bad Request' }],
    ['a proxy that says no more than refused', { status: 400, body: '{"message":"refused"}' }],
    ['a proxy that takes no such size', { status: 413, body: '<html>413</html>' }],
    ['a proxy that knows no such type', { status: 415 }],
    ['a firewall', { status: 403, body: '{"message":"Forbidden"}' }],
    ['another stage', { status: 403, body: '{"message":"Missing Authentication Token"}' }],
    ['the door, of a token', { status: 403, body: refusal('token') }],
    ['the door, of a header', { status: 415, body: refusal('header Content-Type') }],
    ['the door, of parameters', { status: 400, body: refusal('parameters') }],
    ['nobody that knows the path', { status: 404 }],
    ['a portal that leads elsewhere', { status: 307, headers: { Location: 'http://portal/' } }],
    ["the door's words with another status", { ...REFUSED_BODY, status: 403 }],
  ])('keeps all events while the answer is that of %s', async (_, outage) => {
    let isUp = false;
    const { client, requests, refused } = await setUp(() => (isUp ? RECEIPT : outage));
    for (const n of [0, 1, 2, 3]) await client.put(event(n));
    const flushed = client.flush();
    while (client.stats().requests < 6) await new Promise((resolve) => setImmediate(resolve));
    expect([refused, client.stats().buffered]).toEqual([[], 4]);
    isUp = true;
    await flushed;
    expect(client.stats()).toMatchObject({ delivered: 4, refused: 0, buffered: 0 });
    expect(requests.every(({ url }) => url.startsWith('http://door/'))).toBe(true);
  });

  it('sends fewer at a time where something on the way takes no more', async () => {
    const { client, refused } = await setUp(({ events }) =>
      events.length > 2 ? { status: 413, body: '<html>413</html>' } : RECEIPT,
    );
    await Promise.all(Array.from({ length: 9 }, (_, n) => client.put(event(n))));
    await client.flush();
    expect([refused, client.stats().delivered]).toEqual([[], 9]);
  });

  it('tells of events that the disk has damaged, and flushes the others', async () => {
    const first = await setUp(() => ({ status: 503 }));
    for (const n of [1, 2, 3]) await first.client.put(event(n));
    await first.client.close();
    const names = (await readdir(first.folder)).filter((name) => name.startsWith('segment'));
    const path = join(first.folder, names[0] ?? '');
    const content = await readFile(path);
    content[5] = 99;
    await writeFile(path, content);
    const { client, trouble } = await setUp(() => RECEIPT, { folder: first.folder });
    await client.flush();
    expect(client.stats()).toMatchObject({ found: 2, delivered: 2, damaged: 1, lost: 0, buffered: 0 });
    expect(trouble.join()).toContain('damaged 1 event(s)');
  });

  it('leaves what is not delivered to the next client of its folder', async () => {
    const first = await setUp(
      ({ events }) => (events.some(({ id }) => id === 1) ? RECEIPT : { status: 503 }),
      {
        options: { maxEventsPerRequest: 1 },
      },
    );
    for (const n of [1, 2, 3]) await first.client.put(event(n));
    await first.client.close();
    await expect(first.client.put(event(4))).rejects.toMatchObject({ code: 'closed' });
    const { delivered } = first.client.stats();
    const second = await setUp(() => RECEIPT, { folder: first.folder });
    expect(second.client.stats().found).toBe(3 - delivered);
    await second.client.put(event(4));
    await second.client.flush();
    expect(second.requests.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(
      [1, 2, 3, 4].slice(delivered),
    );
  });

  it('waits while the buffer is full', async () => {
    let open = false;
    const { client } = await setUp(() => (open ? RECEIPT : { status: 503 }), {
      options: { maxBufferedBytes: 2_000, segmentBytes: 500, maxRequestBytes: 1_000 },
    });
    const big = { time: 1, tags: { t: 'x'.repeat(200) } };
    let put = 0;
    const puts = Array.from({ length: 20 }, () => client.put(big).then(() => (put += 1)));
    while (client.stats().requests < 20) await new Promise((resolve) => setImmediate(resolve));
    expect(put).toBeLessThan(10);
    expect(client.stats().bufferedBytes).toBeLessThanOrEqual(2_000);
    open = true;
    await Promise.all(puts);
    await client.flush();
    expect(client.stats()).toMatchObject({ accepted: 20, delivered: 20, buffered: 0 });
  });

  it('speaks for a source of its relay by the header, percent-encoded', async () => {
    const { client, requests } = await setUp(() => RECEIPT, { relay: true });
    await client.put({ source: 'device ü', ...event(1) });
    await client.flush();
    expect(requests[0]).toMatchObject({
      url: 'http://door/api/v1/relay/events',
      headers: { 'Tidemill-Source': 'device%20%C3%BC' },
      events: [event(1)],
    });
  });

  it.each([
    ['an event of another source', { source: 'other', time: 1 }, 'invalid-source'],
    ['no object', [1], 'invalid-event'],
    ['an event too large', { time: 1, tags: { t: 'x'.repeat(300_000) } }, 'event-too-large'],
  ])('refuses %s at once', async (_, bad, code) => {
    const { client, requests } = await setUp(() => RECEIPT);
    await expect(client.put(JSON.parse(JSON.stringify(bad)))).rejects.toMatchObject({ code });
    await client.flush();
    expect([requests, client.stats().accepted]).toEqual([[], 0]);
  });

  it('refuses options beyond what the door takes', async () => {
    await expect(setUp(() => RECEIPT, { options: { maxEventsPerRequest: 501 } })).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });

  it('goes on when whoever gives the token fails', async () => {
    let asked = 0;
    const { client, trouble } = await setUp(() => RECEIPT, {
      token: async () => {
        asked += 1;
        if (asked === 1) throw new Error('the token file is not there');
        return 'token';
      },
    });
    await client.put(event(1));
    await client.flush();
    expect(trouble).toEqual(['the token file is not there']);
    expect(client.stats().delivered).toBe(1);
  });

  it('does not start on a folder that cannot be one', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await expect(setUp(() => RECEIPT, { folder: join(folder, 'file') })).rejects.toThrow();
  });
});
