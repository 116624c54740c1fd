// A WebSocket API: $connect before the handshake, messages by the route selection expression, $disconnect at the end.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AuthorizerContext, createAuthorize } from './authorize.ts';
import {
  bytesOf,
  type Connection,
  Connections,
  FRAME_LIMIT_BYTES,
  MESSAGE_LIMIT_BYTES,
  send,
} from './connections.ts';
import { FrameScanner } from './frame-scanner.ts';
import type { GatewayEvent } from './gateway-event.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { proxyAnswer } from './lambda-proxy.ts';
import { methodArn } from './method-arn.ts';
import { LIKELY_ANSWERS, type OpenQuestions } from './open-questions.ts';
import type { WebSocketApi, WebSocketRoute } from './read-websocket-api.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { commonLogTime } from './rest-context.ts';
import { headersOf, queryOf, type RestRequest, singleValues } from './rest-request.ts';
import { selectRoute } from './route-selection.ts';
import { type GatewayDeps, rightToInvoke } from './serve-rest.ts';
import { withTimeout } from './with-timeout.ts';

export interface ServeWebSocket {
  readonly apiId: string;
  readonly connections: Connections;
  /** Takes over the socket. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Closes every connection and waits until `$disconnect` has been invoked for each. */
  stop(): Promise<void>;
}

/** API Gateway's limits for a connection. */
const IDLE_MS = 10 * 60_000;
const LIFE_MS = 2 * 3_600_000;
const SWEEP_EVERY_MS = 30_000;

export function createServeWebSocket(api: WebSocketApi, deps: GatewayDeps): ServeWebSocket {
  return new WebSocketServing(api, deps);
}

type Connecting = Pick<Connection, 'id' | 'connectedMs' | 'sourceIp' | 'userAgent'>;

type Verdict =
  | { readonly kind: 'admitted'; readonly authorizer: AuthorizerContext | undefined }
  | { readonly kind: 'refused'; readonly status: number };

const CONNECT = { routeKey: '$connect', eventType: 'CONNECT' };

class WebSocketServing implements ServeWebSocket {
  readonly apiId: string;
  readonly connections = new Connections();
  readonly #api: WebSocketApi;
  readonly #deps: GatewayDeps;
  readonly #answers: OpenQuestions;
  readonly #authorize: ReturnType<typeof createAuthorize>;
  /** What `$connect` has said: nothing is confirmed by itself. */
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT_BYTES,
    handleProtocols: (_, request) => this.#subprotocols.get(request) ?? false,
  });
  readonly #underWay = new Set<Promise<void>>();
  readonly #sweeping: NodeJS.Timeout;

  constructor(api: WebSocketApi, deps: GatewayDeps) {
    this.apiId = api.id;
    this.#api = api;
    this.#deps = deps;
    this.#answers = { ...LIKELY_ANSWERS, ...deps.answers };
    this.#authorize = createAuthorize({
      answers: this.#answers,
      nowMs: deps.nowMs,
      invoke: async ({ functionArn, invocation, id }, payload) => {
        const sourceArn = `arn:aws:execute-api:${deps.region}:${deps.accountId}:${api.id}/authorizers/${id}`;
        if (!rightToInvoke(deps.policies, { functionArn, right: invocation, sourceArn })) {
          return {
            kind: 'not-invoked',
            reason: 'service-error',
            message: `no permission to invoke ${functionArn}`,
          };
        }
        return await deps.invoke(functionArn, payload);
      },
    });
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    this.#sweeping.unref();
  }

  async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const connected = {
      // API Gateway's ids end with an equals sign: whoever puts one into a path must encode it.
      id: `${this.#deps.newId().replaceAll('-', '').slice(0, 15)}=`,
      connectedMs: this.#deps.nowMs(),
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: request.headers['user-agent'],
    };
    const verdict = await this.#admit(request, connected);
    if (verdict.kind === 'refused') return refuse(socket, verdict.status);
    const { authorizer } = verdict;
    const { opened } = this.#upgrade(request, socket, head, (webSocket) =>
      this.#open({ ...connected, lastActiveMs: connected.connectedMs, socket: webSocket }, authorizer),
    );
    // Gone while $connect ran: since it was invoked for the connection, $disconnect is invoked too.
    if (!opened) this.#tellDisconnect(connected, { code: 1006, reason: '' }, authorizer);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeping);
    const closed = this.connections.all().map(
      ({ socket }) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve());
          socket.terminate();
        }),
    );
    await Promise.all(closed);
    await Promise.all(this.#underWay);
    this.#server.close();
  }

  /** Asks the authorizer, then the route's function. */
  async #admit(request: IncomingMessage, connected: Connecting): Promise<Verdict> {
    const route = this.#api.routes.get('$connect');
    const headers = headersOf(request);
    const query = queryOf(request.url?.split('?')[1] ?? '');
    let authorizer: AuthorizerContext | undefined;
    if (route?.authorizer !== undefined) {
      const decision = await this.#decide(route.authorizer, connected, { headers, query });
      if (decision.kind === 'failed') this.#deps.onFailure(`authorizer of $connect: ${decision.why}`);
      if (decision.kind !== 'allowed') {
        this.#told('connect', decision.kind === 'failed' ? 'execution-error' : 'client-error');
        return { kind: 'refused', status: STATUS_OF[decision.kind] };
      }
      authorizer = decision.context;
    }
    if (route !== undefined) {
      const answer = await this.#invoke(route, {
        headers: singleValues(headers) ?? {},
        multiValueHeaders: Object.fromEntries(headers),
        queryStringParameters: singleValues(query),
        multiValueQueryStringParameters: query.size === 0 ? null : Object.fromEntries(query),
        requestContext: this.#contextOf(connected, CONNECT, authorizer),
        isBase64Encoded: false,
      });
      if (typeof answer === 'string') {
        this.#told('connect', 'integration-error');
        this.#deps.onFailure(`route $connect: ${answer}`);
        return { kind: 'refused', status: 502 };
      }
      if (answer.status < 200 || answer.status > 299) {
        this.#told('connect', 'client-error');
        return { kind: 'refused', status: answer.status };
      }
      const subprotocol = headerIn(answer.headers, 'Sec-WebSocket-Protocol');
      if (subprotocol !== undefined) this.#subprotocols.set(request, subprotocol);
    }
    this.#told('connect', 'done');
    return { kind: 'admitted', authorizer };
  }

  async #decide(
    authorizer: Parameters<ReturnType<typeof createAuthorize>>[0],
    connected: Connecting,
    { headers, query }: Pick<RestRequest, 'headers' | 'query'>,
  ) {
    return await this.#authorize(authorizer, {
      request: {
        requestId: this.#deps.newId(),
        httpMethod: 'GET',
        path: '/',
        query,
        headers,
        body: Buffer.alloc(0),
        sourceIp: connected.sourceIp,
        receivedMs: connected.connectedMs,
      },
      resource: '$connect',
      pathParameters: {},
      stageVariables: this.#api.stage.variables,
      requestContext: this.#contextOf(connected, CONNECT, undefined),
      methodArn: this.#arnOf('$connect'),
    });
  }

  async #invoke(route: WebSocketRoute, event: object): Promise<ReturnType<typeof proxyAnswer>> {
    const { functionArn, invocation, routeKey } = route;
    if (
      !rightToInvoke(this.#deps.policies, {
        functionArn,
        right: invocation,
        sourceArn: this.#arnOf(routeKey),
      })
    ) {
      return `no permission to invoke ${functionArn}`;
    }
    const invoked = this.#deps.invoke(functionArn, JSON.stringify(event));
    const outcome = await withTimeout(invoked, route.timeoutMs);
    if (outcome === 'timed-out') return `no answer in ${route.timeoutMs} ms`;
    // A message's handler may return nothing.
    if (outcome.kind === 'returned' && ['', 'null'].includes(outcome.payload)) {
      return { status: 200, headers: {}, body: '' };
    }
    return proxyAnswer(outcome, { accept: undefined, binaryMediaTypes: [], answers: this.#answers });
  }

  #contextOf(
    connection: Connecting,
    event: { readonly routeKey: string; readonly eventType: string },
    authorizer: AuthorizerContext | undefined,
  ) {
    const nowMs = this.#deps.nowMs();
    const requestId = this.#deps.newId();
    return {
      ...event,
      ...(authorizer === undefined ? {} : { authorizer }),
      ...(event.eventType === 'MESSAGE' ? { messageId: this.#deps.newId() } : {}),
      extendedRequestId: requestId,
      requestTime: commonLogTime(nowMs),
      messageDirection: 'IN',
      stage: this.#api.stage.name,
      connectedAt: connection.connectedMs,
      requestTimeEpoch: nowMs,
      identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
      requestId,
      domainName: 'localhost',
      connectionId: connection.id,
      apiId: this.#api.id,
    };
  }

  async #onMessage(
    connection: Connection,
    { body, isBinary }: { readonly body: Buffer; readonly isBinary: boolean },
    authorizer: AuthorizerContext | undefined,
  ) {
    connection.lastActiveMs = this.#deps.nowMs();
    const text = body.toString('utf8');
    const route = isBinary ? this.#api.routes.get('$default') : routeOf(this.#api, text);
    const complain = (message: string, requestId: string) =>
      send(connection.socket, JSON.stringify({ message, connectionId: connection.id, requestId }));
    if (route === undefined) {
      this.#told('message', 'client-error');
      return void (await complain('Forbidden', this.#deps.newId()));
    }
    const requestContext = this.#contextOf(
      connection,
      { routeKey: route.routeKey, eventType: 'MESSAGE' },
      authorizer,
    );
    const answer = await this.#invoke(route, {
      requestContext,
      body: isBinary ? body.toString('base64') : text,
      isBase64Encoded: isBinary,
    });
    this.#told('message', typeof answer === 'string' ? 'integration-error' : 'done');
    if (typeof answer === 'string') {
      this.#deps.onFailure(`route ${route.routeKey}: ${answer}`);
      await complain('Internal server error', requestContext.requestId);
    } else if (route.responds && answer.body.length > 0) {
      await send(connection.socket, String(answer.body));
    }
  }

  #open(connection: Connection, authorizer: AuthorizerContext | undefined) {
    const { socket } = connection;
    this.connections.add(connection);
    let before: Promise<void> = Promise.resolve();
    socket.on('message', (data, isBinary) => {
      // Messages of a connection that is being closed are not handled any more.
      if (socket.readyState !== socket.OPEN) return;
      if (isBinary && this.#answers.binaryFrames === 'close-1003') return socket.close(1003, 'binary');
      const message = { body: bytesOf(data), isBinary };
      // As they come: API Gateway is not known to wait for one message's function before the next's.
      const handle = () => this.#onMessage(connection, message, authorizer);
      before = this.#answers.messagesInOrder ? before.then(handle) : handle();
      this.#track(before);
    });
    socket.on('ping', () => {
      if (this.#answers.pingIsActivity) connection.lastActiveMs = this.#deps.nowMs();
    });
    socket.on('error', () => socket.terminate());
    socket.once('close', (code, reason) => {
      this.connections.remove(connection.id);
      this.#tellDisconnect(connection, { code, reason: reason.toString('utf8') }, authorizer);
    });
  }

  #tellDisconnect(
    connection: Connecting,
    { code, reason }: { readonly code: number; readonly reason: string },
    authorizer: AuthorizerContext | undefined,
  ) {
    const route = this.#api.routes.get('$disconnect');
    if (route === undefined) return;
    const requestContext = {
      ...this.#contextOf(connection, { routeKey: '$disconnect', eventType: 'DISCONNECT' }, authorizer),
      disconnectStatusCode: code,
      disconnectReason: reason,
    };
    this.#track(
      this.#invoke(route, { requestContext, headers: {}, isBase64Encoded: false }).then((answer) => {
        if (typeof answer === 'string') this.#deps.onFailure(`route $disconnect: ${answer}`);
      }),
    );
  }

  #track(work: Promise<void>) {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  #upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    onOpen: (webSocket: WebSocket) => void,
  ): { readonly opened: boolean } {
    const frames = new FrameScanner(FRAME_LIMIT_BYTES);
    let webSocket: WebSocket | undefined;
    // Before the server's own listener, so that a frame is checked before its message is emitted.
    socket.on('data', (chunk: Buffer) => {
      if (webSocket?.readyState === webSocket?.OPEN && frames.push(chunk))
        webSocket?.close(1009, 'frame too long');
    });
    this.#server.handleUpgrade(request, socket, head, (made: WebSocket) => {
      webSocket = made;
      onOpen(made);
    });
    return { opened: webSocket !== undefined };
  }

  #sweep(): void {
    const nowMs = this.#deps.nowMs();
    for (const { socket, lastActiveMs, connectedMs } of this.connections.all()) {
      if (nowMs - lastActiveMs > IDLE_MS) socket.close(this.#answers.closeCodeOfLimits, 'Going away');
      else if (nowMs - connectedMs > LIFE_MS)
        socket.close(this.#answers.closeCodeOfLimits, 'Connection duration limit exceeded');
    }
  }

  #told(kind: 'connect' | 'message', outcome: (GatewayEvent & { kind: 'connect' })['outcome']): void {
    this.#deps.observe?.({ kind, apiId: this.#api.id, stage: this.#api.stage.name, outcome });
  }

  #arnOf(routeKey: string): string {
    const { id, stage } = this.#api;
    return methodArn(this.#deps, { apiId: id, stage: stage.name, httpMethod: routeKey, path: '' });
  }
}

const STATUS_OF = { unauthorized: 401, denied: 403, failed: 500 } as const;

function refuse(socket: Duplex, status: number): void {
  refuseUpgrade(socket, `${status} Refused`);
}

/** A message that is no JSON, or names no route, goes to $default. */
function routeOf({ routeSelection, routes }: WebSocketApi, text: string): WebSocketRoute | undefined {
  const key = selectRoute(routeSelection, text);
  const named = key === undefined || ['$connect', '$disconnect'].includes(key) ? undefined : routes.get(key);
  return named ?? routes.get('$default');
}

function headerIn(headers: HttpAnswer['headers'], name: string): string | undefined {
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
  return typeof found === 'string' ? found : found?.[0];
}
