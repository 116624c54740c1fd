import { once } from 'node:events';
// Rules 60 to 66: WebSocket APIs.
import net from 'node:net';
import { CfnIntegration } from 'aws-cdk-lib/aws-apigatewayv2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { OpenQuestions } from '../../../src/local-stack/gateway/open-questions.ts';
import { webSocketStack } from '../../support/gateway-stack.ts';
import { gatewayOver, type TestHandler } from '../../support/local-gateway.ts';

type Event = Parameters<TestHandler>[0];

interface Options {
  readonly responds?: boolean;
  readonly expression?: string;
  readonly routes?: readonly string[];
  readonly answers?: Partial<OpenQuestions>;
  readonly onEvent?: (routeKey: string, event: Event) => unknown;
}

/** What the functions saw comes by `seen()`, one by one. */
async function socketApi({
  expression,
  routes = ['$default'],
  responds = false,
  answers,
  onEvent,
}: Options = {}) {
  const events: Event[] = [];
  const waiting: ((event: Event) => void)[] = [];
  const test = await gatewayOver(webSocketStack(routes, expression, responds), {
    ...(answers === undefined ? {} : { answers }),
    functions: {
      Echo: async (event) => {
        const next = waiting.shift();
        if (next === undefined) events.push(event);
        else next(event);
        const routeKey = String(Object(event['requestContext'])['routeKey']);
        return (await onEvent?.(routeKey, event)) ?? { statusCode: 200 };
      },
    },
  });
  const seen = async (): Promise<Event> =>
    events.shift() ?? (await new Promise<Event>((resolve) => waiting.push(resolve)));
  const url = `${test.url.replace('http', 'ws')}/live`;
  const open = async (protocols: string[] = []) => {
    const socket = new WebSocket(url, protocols);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return socket;
  };
  return { ...test, seen, open };
}

const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once('close', resolve));
const message = (socket: WebSocket) =>
  new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
const routeKey = (event: Event) => Object(event['requestContext'])['routeKey'];

describe('the route of a message', () => {
  it.each([
    ['$request.body.action', '{"action":"go"}', 'go'],
    ['$request.body.detail-type', '{"detail-type":"go"}', 'go'],
    [`\${request.body.service}/\${request.body.action}`, '{"service":"a","action":"b"}', 'a/b'],
    ['$request.body.a.b', '{"a":{"b":7}}', '7'],
    ['$request.body.action', '{"action":"unknown"}', '$default'],
    ['$request.body.action', 'no JSON', '$default'],
    ['$request.body.action', '{}', '$default'],
    ['$request.body.action', '{"action":"$connect"}', '$default'],
  ])('rule 60: is selected by %s of %s: %s', async (expression, text, key) => {
    const { open, seen } = await socketApi({ expression, routes: ['$default', 'go', 'a/b', '7'] });
    (await open()).send(text);
    expect(routeKey(await seen())).toBe(key);
  });

  it('rule 60: without one the client is told Forbidden', async () => {
    const { open } = await socketApi({ routes: ['go'] });
    const socket = await open();
    socket.send('{"action":"other"}');
    expect(JSON.parse(await message(socket))).toMatchObject({
      message: 'Forbidden',
      connectionId: expect.any(String),
    });
  });

  it('rule 60: an expression of anything else is refused when the template is read', async () => {
    for (const expression of ['$context.connectionId', 'static', '$request.body.a[?(@.b)]']) {
      await expect(socketApi({ expression })).rejects.toThrow(/RouteSelectionExpression|JSONPath/);
    }
  });
});

describe('a connection', () => {
  it('rule 61: is open only once $connect has answered, and its end is told though the client went meanwhile', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const { url, seen } = await socketApi({
      routes: ['$connect', '$disconnect'],
      onEvent: async (key) => {
        if (key !== '$connect') return;
        asked.resolve();
        await answer.promise;
      },
    });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'GET /live HTTP/1.1\r\nHost: any.name\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const connect = await seen();
    await asked.promise;
    const id = encodeURIComponent(String(Object(connect['requestContext'])['connectionId']));
    expect((await fetch(`${url}/live/@connections/${id}`, { method: 'POST', body: 'x' })).status).toBe(410);
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy());
    answer.resolve();
    expect([routeKey(connect), routeKey(await seen())]).toEqual(['$connect', '$disconnect']);
  });

  it('rule 61: is refused to a page that calls this machine by another name, and then keeps nobody from stopping', async () => {
    const { url } = await socketApi({ routes: ['$connect'] });
    const socket = net.connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.write(
      'GET /live HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
  });

  it('rule 62: has a subprotocol only where $connect’s answer names it', async () => {
    const named = await socketApi({
      routes: ['$connect'],
      onEvent: () => ({ statusCode: 200, headers: { 'sec-websocket-protocol': 'b' } }),
    });
    expect((await named.open(['a', 'b'])).protocol).toBe('b');
    const silent = await socketApi({ routes: ['$connect'] });
    await expect(silent.open(['a'])).rejects.toThrow('no subprotocol');
  });

  it('rule 65: hears what a function returns by a route response', async () => {
    const { open } = await socketApi({
      responds: true,
      onEvent: (_, { body }) => ({ statusCode: 200, body: `heard ${body}` }),
    });
    const socket = await open();
    socket.send('1');
    expect(await message(socket)).toBe('heard 1');
  });

  it('rule 58: is told that a function took longer than its integration waits', async () => {
    const stack = webSocketStack(['$default']);
    for (const each of stack.node.findAll()) {
      if (each instanceof CfnIntegration) each.addPropertyOverride('TimeoutInMillis', 50);
    }
    const { url, failures } = await gatewayOver(stack, { functions: { Echo: () => new Promise(() => {}) } });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`);
    await once(socket, 'open');
    socket.send('1');
    expect(JSON.parse(await message(socket))).toMatchObject({ message: 'Internal server error' });
    expect(failures.join()).toContain('no answer in 50 ms');
  });

  it('rule 65: hears nothing of it without one', async () => {
    const { open, seen } = await socketApi({ onEvent: () => ({ statusCode: 200, body: 'unheard' }) });
    const socket = await open();
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.send('1');
    await seen();
    const gone = closed(socket);
    socket.close();
    await gone;
    expect(heard).toEqual([]);
  });
});

describe('limits of a connection', () => {
  const MINUTE = 60_000;

  /** `pass` lets time pass, and the gateway look at its connections. */
  async function aging(answers: Partial<OpenQuestions> = {}) {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { open, seen, clock, url } = await socketApi({ answers, routes: ['$connect', '$default'] });
    const socket = await open();
    const id = encodeURIComponent(String(Object((await seen())['requestContext'])['connectionId']));
    const pass = (ms: number) => {
      clock.nowMs += ms;
      vi.advanceTimersByTime(30_000);
    };
    const acts = {
      message: async () => {
        socket.send('1');
        await seen();
      },
      post: async () => {
        const path = `${url}/live/@connections/${id}`;
        expect((await fetch(path, { method: 'POST', body: 'x' })).status).toBe(200);
      },
      ping: () => whenHandled(socket),
    };
    return { socket, pass, acts };
  }

  it('rule 64: it ends after 10 minutes in which neither side sent anything, with either code', async () => {
    for (const closeCodeOfLimits of [1001, 1000] as const) {
      const { socket, pass, acts } = await aging({ closeCodeOfLimits });
      for (const act of [acts.message, acts.post]) {
        pass(10 * MINUTE);
        await act();
      }
      pass(10 * MINUTE + 1);
      expect(await closed(socket)).toBe(closeCodeOfLimits);
    }
  });

  it('rule 64: whether a ping is activity is open', async () => {
    for (const pingIsActivity of [false, true]) {
      const { socket, pass, acts } = await aging({ pingIsActivity });
      const end = closed(socket);
      pass(6 * MINUTE);
      await acts.ping();
      pass(6 * MINUTE);
      if (pingIsActivity) await acts.message();
      else expect(await end).toBe(1001);
    }
  });

  it('rule 64: it ends after two hours, however busy', async () => {
    const { socket, pass, acts } = await aging();
    for (let tens = 0; tens < 12; tens++) {
      pass(10 * MINUTE);
      await acts.message();
    }
    pass(1);
    expect(await closed(socket)).toBe(1001);
  });
});

describe('a frame', () => {
  it('rule 63: that is binary comes as base64, or closes with 1003', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0, 0x80]);
    const { open, seen } = await socketApi();
    (await open()).send(bytes);
    expect(await seen()).toMatchObject({ isBase64Encoded: true, body: '//4AgA==' });
    const other = await socketApi({ answers: { binaryFrames: 'close-1003' } });
    const socket = await other.open();
    socket.send(bytes);
    expect(await closed(socket)).toBe(1003);
  });

  it('rule 63: over 32 KB closes with 1009, and of several up to that a message may have 128 KB', async () => {
    const { open, seen } = await socketApi();
    const socket = await open();
    socket.send('x'.repeat(32 * 1024));
    expect(String((await seen())['body']).length).toBe(32 * 1024);
    for (let i = 0; i < 4; i++) socket.send('x'.repeat(32 * 1024), { fin: i === 3 });
    expect(String((await seen())['body']).length).toBe(128 * 1024);
    socket.send('x'.repeat(32 * 1024 + 1));
    expect(await closed(socket)).toBe(1009);
    const long = await open();
    for (let i = 0; i < 5; i++) long.send('x'.repeat(32 * 1024), { fin: i === 4 });
    expect(await closed(long)).toBe(1009);
  });
});

describe('messages of one connection', () => {
  it('rule 66: do not wait for each other on the way to their functions, or do', async () => {
    for (const messagesInOrder of [false, true]) {
      const first = Promise.withResolvers<void>();
      const { open, seen } = await socketApi({
        answers: { messagesInOrder },
        onEvent: async (_, { body }) => (body === '1' ? await first.promise : undefined),
      });
      const socket = await open();
      socket.send('1');
      socket.send('2');
      expect((await seen())['body']).toBe('1');
      const second = seen();
      const outcome = await Promise.race([second, whenHandled(socket)]);
      expect(outcome === 'handled').toBe(messagesInOrder);
      first.resolve();
      expect((await second)['body']).toBe('2');
    }
  });
});

/** A ping is answered after what was sent before it has been read. */
async function whenHandled(socket: WebSocket): Promise<'handled'> {
  for (let i = 0; i < 3; i++) {
    const answered = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await answered;
  }
  return 'handled';
}
