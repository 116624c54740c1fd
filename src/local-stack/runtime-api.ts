// The Lambda Runtime API, as a function's process sees it: it asks for the next invocation and posts what came of it.
// One server a process: who calls needs no guessing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenHere } from './listen-here.ts';
import { isObject } from './property.ts';

interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
}

/** What the process reports. */
export interface RuntimeReports {
  /** It is ready for an invocation: initialised, or done with the one before. */
  onReady(): void;
  onInitError(error: ReportedError): void;
  onResponse(requestId: string, payload: string): void;
  onError(requestId: string, error: ReportedError): void;
}

interface ReportedError {
  readonly errorType: string;
  readonly message: string;
}

export interface RuntimeApi {
  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Answers the process's request for the next invocation: call it once after each `onReady`. */
  give(invocation: Invocation): void;
  close(): void;
}

/** `key`: what the process gives as bearer, so that nobody else takes its invocations or answers them. */
export async function startRuntimeApi(reports: RuntimeReports, key: string): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  const server = createServer((request, response) => {
    const [, requestId = '', action] =
      /^\/2018-06-01\/runtime\/(?:invocation\/)?([^/]+)(?:\/(\w+))?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && requestId === 'next') {
      waiting = response;
      reports.onReady();
      return;
    }
    readBody(request, (body) => {
      response.writeHead(202).end();
      if (requestId === 'init') reports.onInitError(parseError(body));
      else if (action === 'response') reports.onResponse(requestId, body);
      else if (action === 'error') reports.onError(requestId, parseError(body));
    });
  });
  // An invocation may take its time.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  const { endpoint } = await listenHere(server, 'the Runtime API', key);

  return {
    address: new URL(endpoint).host,
    give({ requestId, payload, deadlineMs, functionArn }) {
      waiting?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': deadlineMs,
        'lambda-runtime-invoked-function-arn': functionArn,
      });
      waiting?.end(payload);
      waiting = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A body cut short because the process ended is no answer. */
function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString('utf8')));
}

function parseError(body: string): ReportedError {
  const error: unknown = JSON.parse(body);
  const { errorType, errorMessage } = isObject(error) ? error : {};
  return { errorType: String(errorType ?? 'Error'), message: String(errorMessage ?? '') };
}
