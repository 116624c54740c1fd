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
import { LIKELY_ANSWERS } from './open-questions.ts';
import type { WebSocketApi, WebSocketRoute } from './read-websocket-api.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { commonLogTime } from './rest-context.ts';
import { headersOf, queryOf, singleValues } from './rest-request.ts';
import { selectRoute } from './route-selection.ts';
import { type GatewayDeps, rightToInvoke } from './serve-rest.ts';

export interface ServeWebSocket {
  readonly apiId: string;
  readonly connections: Connections;
  /** Takes over the socket. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Closes every connection and waits until `$disconnect` has been told of each. */
  stop(): Promise<void>;
}

/** API Gateway's limits for a connection. */
const IDLE_MS = 10 * 60_000;
const LIFE_MS = 2 * 3_600_000;
const SWEEP_EVERY_MS = 30_000;

export function createServeWebSocket(api: WebSocketApi, deps: GatewayDeps): ServeWebSocket {
  const answers = { ...LIKELY_ANSWERS, ...deps.answers };
  const connections = new Connections();
  /** What `$connect` has said: nothing is confirmed by itself. */
  const subprotocols = new WeakMap<IncomingMessage, string>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT_BYTES,
    handleProtocols: (_, request) => subprotocols.get(request) ?? false,
  });
  const underWay = new Set<Promise<void>>();
  const authorize = createAuthorize({
    answers,
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
  const told = (kind: 'connect' | 'message', outcome: (GatewayEvent & { kind: 'connect' })['outcome']) =>
    deps.observe?.({ kind, apiId: api.id, stage: api.stage.name, outcome });
  const arnOf = (routeKey: string) =>
    methodArn(deps, { apiId: api.id, stage: api.stage.name, httpMethod: routeKey, path: '' });

  const invoke = async (route: WebSocketRoute, event: object): Promise<ReturnType<typeof proxyAnswer>> => {
    const { functionArn, invocation, routeKey } = route;
    if (!rightToInvoke(deps.policies, { functionArn, right: invocation, sourceArn: arnOf(routeKey) })) {
      return `no permission to invoke ${functionArn}`;
    }
    const outcome = await deps.invoke(functionArn, JSON.stringify(event));
    // A message's handler may return nothing.
    if (outcome.kind === 'returned' && ['', 'null'].includes(outcome.payload)) {
      return { status: 200, headers: {}, body: '' };
    }
    return proxyAnswer(outcome, { accept: undefined, binaryMediaTypes: [], answers });
  };

  const contextOf = (
    connection: Pick<Connection, 'id' | 'connectedMs' | 'sourceIp' | 'userAgent'>,
    event: { readonly routeKey: string; readonly eventType: string },
    authorizer: AuthorizerContext | undefined,
  ) => {
    const nowMs = deps.nowMs();
    const requestId = deps.newId();
    return {
      ...event,
      ...(authorizer === undefined ? {} : { authorizer }),
      ...(event.eventType === 'MESSAGE' ? { messageId: deps.newId() } : {}),
      extendedRequestId: requestId,
      requestTime: commonLogTime(nowMs),
      messageDirection: 'IN',
      stage: api.stage.name,
      connectedAt: connection.connectedMs,
      requestTimeEpoch: nowMs,
      identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
      requestId,
      domainName: 'localhost',
      connectionId: connection.id,
      apiId: api.id,
    };
  };

  const onMessage = async (
    connection: Connection,
    { body, isBinary }: { readonly body: Buffer; readonly isBinary: boolean },
    authorizer: AuthorizerContext | undefined,
  ) => {
    connection.lastActiveMs = deps.nowMs();
    const text = body.toString('utf8');
    const route = isBinary ? api.routes.get('$default') : routeOf(api, text);
    const complain = (message: string, requestId: string) =>
      send(connection.socket, JSON.stringify({ message, connectionId: connection.id, requestId }));
    if (route === undefined) {
      told('message', 'client-error');
      return void (await complain('Forbidden', deps.newId()));
    }
    const requestContext = contextOf(
      connection,
      { routeKey: route.routeKey, eventType: 'MESSAGE' },
      authorizer,
    );
    const answer = await invoke(route, {
      requestContext,
      body: isBinary ? body.toString('base64') : text,
      isBase64Encoded: isBinary,
    });
    told('message', typeof answer === 'string' ? 'integration-error' : 'done');
    if (typeof answer === 'string') {
      deps.onFailure(`route ${route.routeKey}: ${answer}`);
      await complain('Internal server error', requestContext.requestId);
    } else if (route.responds && answer.body.length > 0) {
      await send(connection.socket, String(answer.body));
    }
  };

  const open = (connection: Connection, authorizer: AuthorizerContext | undefined) => {
    const { socket } = connection;
    connections.add(connection);
    let before: Promise<void> = Promise.resolve();
    socket.on('message', (data, isBinary) => {
      // Of a connection that is being closed nothing is heard any more.
      if (socket.readyState !== socket.OPEN) return;
      if (isBinary && answers.binaryFrames === 'close-1003') return socket.close(1003, 'binary');
      const message = { body: bytesOf(data), isBinary };
      // As they come: API Gateway is not known to wait for one message's function before the next's.
      const handle = () => onMessage(connection, message, authorizer);
      before = answers.messagesInOrder ? before.then(handle) : handle();
      track(before);
    });
    socket.on('ping', () => {
      if (answers.pingIsActivity) connection.lastActiveMs = deps.nowMs();
    });
    socket.on('error', () => socket.terminate());
    socket.once('close', (code, reason) => {
      connections.remove(connection.id);
      tellDisconnect(connection, { code, reason: reason.toString('utf8') }, authorizer);
    });
  };

  const tellDisconnect = (
    connection: Parameters<typeof contextOf>[0],
    { code, reason }: { readonly code: number; readonly reason: string },
    authorizer: AuthorizerContext | undefined,
  ) => {
    const route = api.routes.get('$disconnect');
    if (route === undefined) return;
    const requestContext = {
      ...contextOf(connection, { routeKey: '$disconnect', eventType: 'DISCONNECT' }, authorizer),
      disconnectStatusCode: code,
      disconnectReason: reason,
    };
    track(
      invoke(route, { requestContext, headers: {}, isBase64Encoded: false }).then((answer) => {
        if (typeof answer === 'string') deps.onFailure(`route $disconnect: ${answer}`);
      }),
    );
  };

  const track = (work: Promise<void>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  const upgrade = (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    onOpen: (webSocket: WebSocket) => void,
  ): { readonly opened: boolean } => {
    const frames = new FrameScanner(FRAME_LIMIT_BYTES);
    let webSocket: WebSocket | undefined;
    // Before the server's own listener, so that a frame is judged before its message is told of.
    socket.on('data', (chunk: Buffer) => {
      if (webSocket?.readyState === webSocket?.OPEN && frames.push(chunk))
        webSocket?.close(1009, 'frame too long');
    });
    server.handleUpgrade(request, socket, head, (made: WebSocket) => {
      webSocket = made;
      onOpen(made);
    });
    return { opened: webSocket !== undefined };
  };

  const sweep = setInterval(() => {
    const nowMs = deps.nowMs();
    for (const { socket, lastActiveMs, connectedMs } of connections.all()) {
      if (nowMs - lastActiveMs > IDLE_MS) socket.close(answers.closeCodeOfLimits, 'Going away');
      else if (nowMs - connectedMs > LIFE_MS)
        socket.close(answers.closeCodeOfLimits, 'Connection duration limit exceeded');
    }
  }, SWEEP_EVERY_MS);
  sweep.unref();

  return {
    apiId: api.id,
    connections,
    async connect(request, socket, head) {
      const connected = {
        // API Gateway's ids end with an equals sign: whoever puts one into a path must encode it.
        id: `${deps.newId().replaceAll('-', '').slice(0, 15)}=`,
        connectedMs: deps.nowMs(),
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: request.headers['user-agent'],
      };
      const route = api.routes.get('$connect');
      const headers = headersOf(request);
      const query = queryOf(request.url?.split('?')[1] ?? '');
      const event = { routeKey: '$connect', eventType: 'CONNECT' };
      let authorizer: AuthorizerContext | undefined;
      if (route?.authorizer !== undefined) {
        const decision = await authorize(route.authorizer, {
          request: {
            requestId: deps.newId(),
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
          stageVariables: api.stage.variables,
          requestContext: contextOf(connected, event, undefined),
          methodArn: arnOf('$connect'),
        });
        if (decision.kind === 'failed') deps.onFailure(`authorizer of $connect: ${decision.why}`);
        if (decision.kind !== 'allowed') {
          told('connect', decision.kind === 'failed' ? 'execution-error' : 'client-error');
          return refuse(socket, STATUS_OF[decision.kind]);
        }
        authorizer = decision.context;
      }
      if (route !== undefined) {
        const answer = await invoke(route, {
          headers: singleValues(headers) ?? {},
          multiValueHeaders: Object.fromEntries(headers),
          queryStringParameters: singleValues(query),
          multiValueQueryStringParameters: query.size === 0 ? null : Object.fromEntries(query),
          requestContext: contextOf(connected, event, authorizer),
          isBase64Encoded: false,
        });
        if (typeof answer === 'string') {
          told('connect', 'integration-error');
          deps.onFailure(`route $connect: ${answer}`);
          return refuse(socket, 502);
        }
        if (answer.status < 200 || answer.status > 299) {
          told('connect', 'client-error');
          return refuse(socket, answer.status);
        }
        const subprotocol = headerIn(answer.headers, 'Sec-WebSocket-Protocol');
        if (subprotocol !== undefined) subprotocols.set(request, subprotocol);
      }
      told('connect', 'done');
      const { opened } = upgrade(request, socket, head, (webSocket) =>
        open({ ...connected, lastActiveMs: connected.connectedMs, socket: webSocket }, authorizer),
      );
      // Gone while $connect ran: it was told of the connection, so it is told of its end.
      if (!opened) tellDisconnect(connected, { code: 1006, reason: '' }, authorizer);
    },
    async stop() {
      clearInterval(sweep);
      const closed = connections.all().map(
        ({ socket }) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
            socket.terminate();
          }),
      );
      await Promise.all(closed);
      await Promise.all(underWay);
      server.close();
    },
  };
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
