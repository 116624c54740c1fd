// Runs in a function's process: loads the handler, asks the Runtime API for invocations and answers them, as the
// runtime on Lambda does. Everything it needs comes by the environment, and it imports nothing of ours,
// so that a function's process holds the function and this file alone.
import { existsSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => unknown;

const env = process.env;
const [host, port] = (env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const authorization = `Bearer ${env['LOCAL_RUNTIME_KEY']}`;
// Lambda sets no such variable: the function sees none.
delete env['LOCAL_RUNTIME_KEY'];
const agent = new Agent({ keepAlive: true });
let currentRequestId: string | undefined;

process.on('uncaughtException', (error) => endWith(error, 129));
process.on('unhandledRejection', (reason) =>
  endWith(named('Runtime.UnhandledPromiseRejection', reason), 128),
);

try {
  const handler = await loadHandler(env['LAMBDA_TASK_ROOT'] ?? '.', env['_HANDLER'] ?? '');
  for (;;) await serveOne(handler);
} catch (error) {
  await endWith(error, 1);
}

async function serveOne(handler: Handler): Promise<void> {
  const { headers, body } = await call('GET', 'invocation/next');
  const requestId = String(headers['lambda-runtime-aws-request-id']);
  currentRequestId = requestId;
  let answer: { path: string; body: string };
  try {
    const result = await handler(JSON.parse(body), contextOf(requestId, headers));
    answer = { path: 'response', body: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    const described = describe(error);
    process.stderr.write(`${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error\t${described}\n`);
    answer = { path: 'error', body: described };
  }
  currentRequestId = undefined;
  await call('POST', `invocation/${requestId}/${answer.path}`, answer.body);
}

function contextOf(requestId: string, headers: IncomingHttpHeaders): object {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: requestId,
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function loadHandler(folder: string, name: string): Promise<Handler> {
  const [, file, key] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
  if (file === undefined || key === undefined) {
    throw named('Runtime.MalformedHandlerName', `found "${name}", expected module.export`);
  }
  const path = ['.mjs', '.js', '.cjs'].map((ending) => join(folder, file + ending)).find(existsSync);
  if (path === undefined)
    throw named('Runtime.ImportModuleError', `Cannot find module '${file}' in ${folder}`);
  const module: Record<string, unknown> = await import(pathToFileURL(path).href);
  const handler = module[key];
  if (!isHandler(handler)) throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  return handler;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

/** Reports why the process ends, to the invocation it had or else as a failed start. */
async function endWith(error: unknown, code: number): Promise<never> {
  const described = describe(error);
  const requestId = currentRequestId;
  process.stderr.write(`${new Date().toISOString()}\t${requestId ?? 'undefined'}\tERROR\t${described}\n`);
  await call('POST', requestId === undefined ? 'init/error' : `invocation/${requestId}/error`, described);
  process.exit(code);
}

function named(errorType: string, reason: unknown): Error {
  const error = reason instanceof Error ? reason : new Error(String(reason));
  error.name = errorType;
  return error;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return JSON.stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
  }
  const { name, message, stack } = error;
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: (stack ?? '').split('\n') });
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function call(method: 'GET' | 'POST', path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    };
    const content = body === undefined ? undefined : Buffer.from(body);
    const outgoing = request(
      {
        host,
        port,
        method,
        agent,
        path: `/2018-06-01/runtime/${path}`,
        headers: { authorization, ...(content === undefined ? {} : { 'content-length': content.length }) },
      },
      onResponse,
    );
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}
