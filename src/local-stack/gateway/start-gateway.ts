// One server for all APIs of the stack, and its site: the first part of a path is the stage that it asks for, and what is
// of no stage is the site's. A request from the site's own page goes the way that the site's distribution has for it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { hasAccessKey, isCalledHere } from '../own-clients.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { gatewayResponse } from './gateway-response.ts';
import { LIKELY_ANSWERS } from './open-questions.ts';
import type { Site } from './read-sites.ts';
import type { WebSocketApi } from './read-websocket-api.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { RestApi } from './rest-api.ts';
import { headerOf, headersOf, queryOf, readBody } from './rest-request.ts';
import { createServeRest, type GatewayDeps, type ServeRest } from './serve-rest.ts';
import { createServeSite, type ServeSite } from './serve-site.ts';
import { createServeWebSocket, type ServeWebSocket } from './serve-websocket.ts';

export interface GatewayOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Where the port is taken, takes a free one. */
  readonly elseFree?: boolean;
  /** Time for a request to arrive whole: a slow one is answered 408. */
  readonly requestTimeoutMs?: number;
  /** What callers of a WebSocket API's management (`/@connections`) must give as access key id; default: any. */
  readonly accessKey?: string;
}

export interface Gateway {
  /**
   * e.g. `http://127.0.0.1:7070`; a REST API is at `<url>/<stage>/`, a WebSocket API at `ws://…/<stage>`,
   * a site at `<url>/`.
   */
  readonly url: string;
  /** From now on requests are served; before, they are answered 503. */
  serve(apis: GatewayApis, deps: GatewayDeps): void;
  stop(): Promise<void>;
}

export interface GatewayApis {
  readonly restApis: readonly RestApi[];
  readonly webSocketApis: readonly WebSocketApi[];
  readonly sites: readonly Site[];
}

const REQUEST_TIMEOUT_MS = 29_000;

/** Listens on the loopback interface. @throws when the port is taken */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const apis = new ServedApis(options.accessKey);
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 1_000),
    },
    (request, response) => {
      apis.onRequest(request, response).catch((error: unknown) => {
        // A client that went away, or a mistake of ours: the latter must be seen.
        if (request.destroyed && !request.complete) return;
        apis.tellFailure(error);
        if (!response.headersSent)
          response.writeHead(500, JSON_TYPE).end('{"message":"Internal server error"}');
      });
    },
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    apis.onUpgrade(request, socket, head),
  );
  const port = await listen(server, options);
  return {
    url: `http://127.0.0.1:${port}`,
    serve: (served, deps) => apis.serve(served, deps),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await apis.stop();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What is served by now: nothing at first. */
class ServedApis {
  readonly #rest = new Map<string, { readonly api: RestApi; readonly serve: ServeRest }>();
  readonly #webSockets = new Map<string, ServeWebSocket>();
  #site: ServeSite | undefined;
  #deps: GatewayDeps | undefined;
  readonly #accessKey: string | undefined;

  constructor(accessKey: string | undefined) {
    this.#accessKey = accessKey;
  }

  serve({ restApis, webSocketApis, sites }: GatewayApis, deps: GatewayDeps): void {
    assertStagesDiffer([...restApis, ...webSocketApis]);
    for (const api of restApis) this.#rest.set(api.stage.name, { api, serve: createServeRest(api, deps) });
    for (const api of webSocketApis) this.#webSockets.set(api.stage.name, createServeWebSocket(api, deps));
    assertOneSite(sites);
    for (const each of sites) this.#site = createServeSite(each, deps.onFailure);
    this.#deps = deps;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#webSockets.values()].map((webSocket) => webSocket.stop()));
  }

  tellFailure(error: unknown): void {
    this.#deps?.onFailure(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answerTo(request);
    if (answer === undefined) return;
    response.writeHead(answer.status, { ...answer.headers } as Record<string, string | string[]>); // Node's type has no readonly lists
    response.end(answer.body);
  }

  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { stage } = splitPath(request.url ?? '/');
    const found = this.#webSockets.get(stage);
    const isLed =
      this.#site === undefined ||
      !isFromPage(request) ||
      this.#site.apiOf({ httpMethod: 'GET', path: `/${stage}` }) === found?.apiId;
    // A page says where it is from, whatever it calls this machine; no other program can be led here by one.
    const isOwn = isCalledHere(request) || request.headers.origin === undefined;
    const webSocket = isLed && isOwn ? found : undefined;
    if (webSocket === undefined) {
      refuseUpgrade(socket, '403 Forbidden');
      return;
    }
    webSocket.connect(request, socket, head).catch((error: unknown) => {
      this.tellFailure(error);
      socket.destroy();
    });
  }

  async #answerTo(request: IncomingMessage): Promise<HttpAnswer | undefined> {
    const { stage, path, search } = splitPath(request.url ?? '/');
    const body = await readBody(request);
    // Served or not by the time that the request is there.
    const [deps, site] = [this.#deps, this.#site];
    // A page of anywhere can let its own host name point here: it would be of one origin with this site.
    if (!isCalledHere(request)) return { status: 421, headers: JSON_TYPE, body: MISDIRECTED };
    if (deps === undefined)
      return { status: 503, headers: { 'Retry-After': '1' }, body: '{"message":"starting"}' };
    if (stage === '.local' && path === '/dashboards' && deps.dashboards !== undefined)
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify(deps.dashboards()) };
    const [, connectionId] = /^\/@connections\/([^/]+)$/.exec(path) ?? [];
    const webSocket = this.#webSockets.get(stage);
    if (webSocket !== undefined && connectionId !== undefined && body !== 'too-large') {
      if (!hasAccessKey(request, this.#accessKey)) {
        return { status: 403, headers: JSON_TYPE, body: '{"message":"Missing Authentication Token"}' };
      }
      return await webSocket.connections.manage({
        httpMethod: request.method ?? 'GET',
        id: decodeURIComponent(connectionId),
        body,
        nowMs: deps.nowMs(),
      });
    }
    const found = this.#rest.get(stage);
    if (site !== undefined && (found === undefined || isFromPage(request))) {
      const [whole = '/'] = (request.url ?? '/').split('?', 1);
      const asked = { httpMethod: request.method ?? 'GET', path: whole };
      if (found === undefined || site.apiOf(asked) !== found.api.id) {
        return site.answer({ ...asked, ifNoneMatch: headerOf(headersOf(request), 'If-None-Match') });
      }
    }
    if (found === undefined) return { status: 403, headers: JSON_TYPE, body: '{"message":"Forbidden"}' };
    const arrived = {
      requestId: deps.newId(),
      httpMethod: request.method ?? 'GET',
      path,
      query: queryOf(search),
      headers: headersOf(request),
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      receivedMs: deps.nowMs(),
    };
    if (body === 'too-large') {
      const answers = { ...LIKELY_ANSWERS, ...deps.answers };
      return gatewayResponse(
        found.api,
        { type: 'REQUEST_TOO_LARGE' },
        { request: arrived, context: {}, answers },
      );
    }
    return await found.serve({ ...arrived, body });
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MISDIRECTED = '{"message":"Misdirected: expected the host 127.0.0.1 or localhost"}';

function splitPath(url: string): { readonly stage: string; readonly path: string; readonly search: string } {
  const [, path = '', search = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const [, stage = '', rest = ''] = /^\/+([^/]*)(.*)$/.exec(path) ?? [];
  return { stage, path: rest === '' ? '/' : rest, search };
}

/** By what browsers say of a request: scripts cannot say otherwise. */
function isFromPage({ headers }: IncomingMessage): boolean {
  return (
    headers['sec-fetch-site'] === 'same-origin' ||
    (headers.origin !== undefined && headers.origin === `http://${headers.host}`)
  );
}

function assertOneSite(sites: readonly Site[]): void {
  if (sites.length <= 1) return;
  const ids = sites.map(({ logicalId }) => logicalId).join(', ');
  throw new Error(`template: found the distributions ${ids}, expected one: one local server has them all`);
}

/** On AWS each API has a host of its own; here the stage's name has to tell them apart. */
function assertStagesDiffer(
  apis: readonly { readonly logicalId: string; readonly stage: { readonly name: string } }[],
) {
  const byStage = Map.groupBy(apis, ({ stage }) => stage.name);
  for (const [stage, same] of byStage) {
    if (same.length > 1) {
      const ids = same.map(({ logicalId }) => logicalId).join(', ');
      throw new Error(
        `template: found the stage ${stage} in ${ids}, expected a name of its own for each: one local server has them all`,
      );
    }
  }
}

function listen(server: Server, { port, elseFree = false }: GatewayOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE' && elseFree) return resolve(listen(server, { port: 0 }));
      const why =
        cause.code === 'EADDRINUSE'
          ? 'another process listens on it: end that one, or choose another port'
          : cause.message;
      reject(new Error(`the HTTP API cannot use port ${port}: ${why}`, { cause }));
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
