// Runs in a function's process: loads the handler, asks the Runtime API for invocations and answers them, as the
// runtime on Lambda does. Everything it needs comes by the environment, and it imports nothing of ours,
// so that a function's process holds the function and this file alone.
import { existsSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => unknown;

const env = process.env;
const [host, port] = (env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const authorization = `Bearer ${env['LOCAL_RUNTIME_KEY']}`;
// Lambda sets no such variables: the function sees none.
delete env['LOCAL_RUNTIME_KEY'];
const sdkFrom: readonly string[] = JSON.parse(env['LOCAL_SDK_FROM'] ?? '[]');
delete env['LOCAL_SDK_FROM'];
const agent = new Agent({ keepAlive: true });
let currentRequestId: string | undefined;
const SDK = /^@(?:aws-sdk|aws-crypto|smithy)\//;

process.on('uncaughtException', (error) => endWith(error, 129));
process.on('unhandledRejection', (reason) =>
  endWith(named('Runtime.UnhandledPromiseRejection', reason), 128),
);

// Lambda's runtime brings the SDK along, and functions are bundled without it.
if (sdkFrom.length > 0) {
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        // Asked from elsewhere it comes by here once more.
        const found =
          SDK.test(specifier) && !sdkFrom.includes(context.parentURL ?? '') ? sdkAt(specifier) : undefined;
        if (found === undefined) throw error;
        return { url: found, shortCircuit: true };
      }
    },
  });
}

try {
  const handler = await loadHandler(env['LAMBDA_TASK_ROOT'] ?? '.', env['_HANDLER'] ?? '');
  for (;;) await serveOne(handler);
} catch (error) {
  await endWith(error, 1);
}

/** Where it is found from one of the files of `LOCAL_SDK_FROM`. */
function sdkAt(specifier: string): string | undefined {
  for (const from of sdkFrom) {
    try {
      return pathToFileURL(createRequire(from).resolve(specifier)).href;
    } catch {
      // Not there either: the first failure says what was looked for, and where.
    }
  }
  return undefined;
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
  // What a CommonJS module exports may be found in its default export alone.
  const handler = module[key] ?? Object(module['default'])[key];
  if (!isHandler(handler)) throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (handler.length > 2) {
    const message = `${name} takes a callback: found ${handler.length} parameters, expected a handler that returns`;
    throw named('Runtime.CallbackHandlerDeprecated', message);
  }
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
