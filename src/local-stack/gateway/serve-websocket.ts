// A WebSocket API: $connect before the handshake, messages by the route selection expression, $disconnect at the end.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AuthorizerContext, createAuthorize } from './authorize.ts';
import { type Connection, Connections, MESSAGE_LIMIT_BYTES, send, textOf } from './connections.ts';
import { evaluateJsonPath } from './json-path.ts';
import { proxyAnswer } from './lambda-proxy.ts';
import { methodArn } from './method-arn.ts';
import type { WebSocketApi, WebSocketRoute } from './read-websocket-api.ts';
import { headersOf, queryOf, singleValues } from './rest-request.ts';
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
  const connections = new Connections();
  const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT_BYTES });
  const underWay = new Set<Promise<void>>();
  const authorize = createAuthorize({
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
    return proxyAnswer(outcome);
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
      requestTime: new Date(nowMs).toISOString(),
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
    text: string,
    authorizer: AuthorizerContext | undefined,
  ) => {
    connection.lastActiveMs = deps.nowMs();
    const route = routeOf(api, text);
    const complain = (message: string, requestId: string) =>
      send(connection.socket, JSON.stringify({ message, connectionId: connection.id, requestId }));
    if (route === undefined) return void (await complain('Forbidden', deps.newId()));
    const requestContext = contextOf(
      connection,
      { routeKey: route.routeKey, eventType: 'MESSAGE' },
      authorizer,
    );
    const answer = await invoke(route, { requestContext, body: text, isBase64Encoded: false });
    if (typeof answer === 'string') {
      deps.onFailure(`route ${route.routeKey}: ${answer}`);
      await complain('Internal server error', requestContext.requestId);
    } else if (route.responds && answer.body.length > 0) {
      await send(connection.socket, String(answer.body));
    }
  };

  const open = (connection: Connection, authorizer: AuthorizerContext | undefined) => {
    connections.add(connection);
    // As they come: API Gateway does not wait for one message's function before the next's.
    connection.socket.on('message', (data) => track(onMessage(connection, textOf(data), authorizer)));
    connection.socket.on('error', () => connection.socket.terminate());
    connection.socket.once('close', (code, reason) => {
      connections.remove(connection.id);
      const route = api.routes.get('$disconnect');
      if (route === undefined) return;
      const requestContext = {
        ...contextOf(connection, { routeKey: '$disconnect', eventType: 'DISCONNECT' }, authorizer),
        disconnectStatusCode: code,
        disconnectReason: reason.toString('utf8'),
      };
      track(
        invoke(route, { requestContext, headers: {}, isBase64Encoded: false }).then((answer) => {
          if (typeof answer === 'string') deps.onFailure(`route $disconnect: ${answer}`);
        }),
      );
    });
  };

  const track = (work: Promise<void>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  const sweep = setInterval(() => {
    const nowMs = deps.nowMs();
    for (const { socket, lastActiveMs, connectedMs } of connections.all()) {
      if (nowMs - lastActiveMs > IDLE_MS) socket.close(1001, 'Going away');
      else if (nowMs - connectedMs > LIFE_MS) socket.close(1001, 'Connection duration limit exceeded');
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
        if (decision.kind !== 'allowed') return refuse(socket, STATUS_OF[decision.kind]);
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
          deps.onFailure(`route $connect: ${answer}`);
          return refuse(socket, 502);
        }
        if (answer.status < 200 || answer.status > 299) return refuse(socket, answer.status);
      }
      server.handleUpgrade(request, socket, head, (webSocket: WebSocket) =>
        open({ ...connected, lastActiveMs: connected.connectedMs, socket: webSocket }, authorizer),
      );
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
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** By `$request.body.<path>`; a message that is no JSON, or names no route, goes to $default. */
function routeOf(
  { routeSelectionExpression, routes }: WebSocketApi,
  text: string,
): WebSocketRoute | undefined {
  const [, path] = /^\$\{?request\.body\.([\w.]+)\}?$/.exec(routeSelectionExpression) ?? [];
  const fallback = routes.get('$default');
  if (path === undefined) return fallback;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return fallback;
  }
  const key = evaluateJsonPath(body, `$.${path}`);
  const named = typeof key === 'string' && !key.startsWith('$') ? routes.get(key) : undefined;
  return named ?? fallback;
}
