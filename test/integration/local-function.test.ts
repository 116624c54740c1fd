import { afterEach, describe, expect, it } from 'vitest';
import {
  createFunctionInvoker,
  type FunctionLine,
  type LocalFunction,
} from '../../src/local-stack/function-invoker.ts';
import type { FunctionSpec } from '../../src/local-stack/read-function.ts';
import { functionSpec } from '../support/function-spec.ts';

const started: LocalFunction[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((fn) => fn.stop()));
});

function startFunction(overrides: Partial<FunctionSpec> = {}, initTimeoutMs = 10_000) {
  let requests = 0;
  const lines: FunctionLine[] = [];
  let awaited = { text: '', resolve: () => {} };
  const fn = createFunctionInvoker(functionSpec(overrides), {
    region: 'eu-central-1',
    endpoints: { AWS_ENDPOINT_URL_KINESIS: 'http://127.0.0.1:1' },
    newRequestId: () => `request-${++requests}`,
    initTimeoutMs,
    onLine: (line) => {
      lines.push(line);
      if (line.text === awaited.text) awaited.resolve();
    },
  });
  started.push(fn);
  const call = (event: object) => fn.invoke(JSON.stringify(event));
  const lineSeen = (text: string) =>
    new Promise<void>((resolve) => {
      awaited = { text, resolve };
    });
  return { fn, call, lines, lineSeen };
}

const answerOf = async (outcome: ReturnType<LocalFunction['invoke']>) => {
  const settled = await outcome;
  if (settled.kind !== 'returned') throw new Error(JSON.stringify(settled));
  return JSON.parse(settled.payload);
};

describe('a local function', () => {
  it('returns what its handler returns, as JSON', async () => {
    const { call } = startFunction();
    expect(await call({ a: [1, 'ü'] })).toEqual({ kind: 'returned', payload: '{"a":[1,"ü"]}' });
  });

  it('uses a process again, and starts another only while that one is busy', async () => {
    const { fn, call } = startFunction();
    const first = await answerOf(call({ do: 'describe' }));
    const second = await answerOf(call({ do: 'describe' }));
    expect(second).toMatchObject({ pid: first.pid, invocations: 2 });
    expect(fn.pids()).toEqual([first.pid]);
    const both = await Promise.all([answerOf(call({ do: 'describe' })), answerOf(call({ do: 'describe' }))]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(2);
    expect(fn.pids()).toHaveLength(2);
  });

  it('sees the variables of the template and of Lambda, and none of ours', async () => {
    const { call } = startFunction({ environment: { TIDEMILL_TABLE: 'table' } });
    const { environment, folder } = await answerOf(call({ do: 'describe' }));
    expect(Object.keys(environment).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL_KINESIS',
      'AWS_EXECUTION_ENV',
      'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
      'AWS_LAMBDA_FUNCTION_NAME',
      'AWS_LAMBDA_FUNCTION_VERSION',
      'AWS_LAMBDA_INITIALIZATION_TYPE',
      'AWS_LAMBDA_LOG_GROUP_NAME',
      'AWS_LAMBDA_LOG_STREAM_NAME',
      'AWS_LAMBDA_RUNTIME_API',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'LAMBDA_TASK_ROOT',
      'TIDEMILL_TABLE',
      'TZ',
      '_HANDLER',
    ]);
    expect(environment).toMatchObject({ AWS_REGION: 'eu-central-1', TIDEMILL_TABLE: 'table' });
    expect(folder).toBe(functionSpec().codeFolder);
  });

  it('knows its request, its name, its memory and the time it has left', async () => {
    const { call } = startFunction();
    const { context } = await answerOf(call({ do: 'describe' }));
    expect(context).toMatchObject({
      awsRequestId: 'request-1',
      functionName: 'Test-Function',
      memoryLimitInMB: '512',
      invokedFunctionArn: functionSpec().arn,
    });
    const { remainingMs, requestId } = await answerOf(call({ do: 'remaining' }));
    expect(requestId).toBe('request-2');
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
  });

  it('hands on every line it writes', async () => {
    const { call, lines, lineSeen } = startFunction();
    const seen = lineSeen('and to stderr');
    await call({ do: 'print', text: '{"level":"INFO"}' });
    await seen;
    expect(lines).toContainEqual({
      functionName: 'Test-Function',
      output: 'stdout',
      text: '{"level":"INFO"}',
    });
  });

  it('reports a thrown error with its type, and keeps its process', async () => {
    const { fn, call } = startFunction();
    expect(await call({ do: 'throw' })).toEqual({
      kind: 'function-error',
      errorType: 'RangeError',
      message: 'out of range, as told',
    });
    const { pid, invocations } = await answerOf(call({ do: 'describe' }));
    expect(invocations).toBe(2);
    expect(fn.pids()).toEqual([pid]);
  });

  it.each(['hang', 'spin'])(
    'is killed when its time is up (%s), and the next call gets a fresh process',
    async (what) => {
      const { fn, call } = startFunction({ timeoutMs: 300 });
      expect(await call({ do: what })).toEqual({
        kind: 'function-error',
        errorType: 'Sandbox.Timedout',
        message: 'RequestId: request-1 Error: Task timed out after 0.30 seconds',
      });
      expect(fn.pids()).toEqual([]);
      expect(await answerOf(call({ do: 'describe' }))).toMatchObject({ invocations: 1 });
    },
  );

  it('reports an exit, and the next call gets a fresh process', async () => {
    const { call } = startFunction();
    expect(await call({ do: 'exit' })).toEqual({
      kind: 'function-error',
      errorType: 'Runtime.ExitError',
      message: 'RequestId: request-1 Error: Runtime exited with error: exit status 3',
    });
    expect(await answerOf(call({ do: 'describe' }))).toMatchObject({ invocations: 1 });
  });

  it('reports being killed from outside in the middle of an invocation', async () => {
    const { fn, call, lineSeen } = startFunction();
    const hanging = lineSeen('hanging');
    const outcome = call({ do: 'hang' });
    await hanging;
    for (const pid of fn.pids()) process.kill(pid, 'SIGKILL');
    expect(await outcome).toEqual({
      kind: 'function-error',
      errorType: 'Runtime.ExitError',
      message: 'RequestId: request-1 Error: Runtime exited with error: signal: SIGKILL',
    });
    expect(await answerOf(call({ do: 'describe' }))).toMatchObject({ invocations: 1 });
  });

  it('ends when it needs more memory than it has', async () => {
    const { call } = startFunction({ memoryMb: 32 });
    expect(await call({ do: 'fill-memory' })).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  it('reports a rejection nobody handles', async () => {
    const { call } = startFunction();
    expect(await call({ do: 'reject-in-background' })).toEqual({
      kind: 'function-error',
      errorType: 'Runtime.UnhandledPromiseRejection',
      message: 'nobody waits for me',
    });
  });

  it('reports an answer larger than Lambda takes', async () => {
    const { call } = startFunction();
    expect(await call({ do: 'answer-with', bytes: 6_300_000 })).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    });
    expect(await call({ do: 'answer-with', bytes: 6_000_000 })).toMatchObject({ kind: 'returned' });
  });

  it('is not invoked with an event larger than Lambda takes', async () => {
    const { call } = startFunction();
    expect(await call({ text: 'x'.repeat(6_300_000) })).toMatchObject({
      kind: 'not-invoked',
      reason: 'service-error',
    });
  });

  it('is throttled beyond its reserved concurrency', async () => {
    const { call, lineSeen, fn } = startFunction({ reservedConcurrency: 1 });
    const hanging = lineSeen('hanging');
    const first = call({ do: 'hang' });
    await hanging;
    expect(await call({})).toMatchObject({ kind: 'not-invoked', reason: 'throttled' });
    await fn.stop();
    expect(await first).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  it.each([
    ['fails-to-load.handler', 'TypeError', 'no configuration, as told'],
    ['obedient.other', 'Runtime.HandlerNotFound', 'obedient.other is undefined or not exported'],
    [
      'nowhere.handler',
      'Runtime.ImportModuleError',
      `Cannot find module 'nowhere' in ${functionSpec().codeFolder}`,
    ],
    ['nothing', 'Runtime.MalformedHandlerName', 'found "nothing", expected module.export'],
  ])('reports a handler that cannot be loaded: %s', async (handler, errorType, message) => {
    const { call } = startFunction({ handler });
    expect(await call({})).toEqual({ kind: 'function-error', errorType, message });
    expect(await call({})).toEqual({ kind: 'function-error', errorType, message });
  });

  it('is killed when loading takes too long', async () => {
    const { call } = startFunction({ handler: 'never-loads.handler' }, 300);
    expect(await call({})).toMatchObject({
      errorType: 'Sandbox.Timedout',
      message: 'RequestId: request-1 Error: Init timed out after 0.30 seconds',
    });
  });

  it('leaves no process behind when it is stopped while one is being started', async () => {
    const { fn, call } = startFunction();
    const outcome = call({ do: 'hang' });
    await fn.stop();
    expect(fn.pids()).toEqual([]);
    expect(await outcome).toMatchObject({ kind: 'function-error', errorType: 'Runtime.ExitError' });
  });

  it('that cannot be started is not invoked, and says where it was tried', async () => {
    const { call } = startFunction({ codeFolder: '/nowhere' });
    expect(await call({})).toMatchObject({
      kind: 'not-invoked',
      reason: 'service-error',
      message: expect.stringContaining('could not be started in /nowhere'),
    });
  });

  it('leaves no process behind when it is stopped, what it started itself included', async () => {
    const { fn, call } = startFunction();
    await call({ do: 'leave-a-child' });
    const [pid = 0] = fn.pids();
    // Resolves when nobody holds the output that the process and its child share.
    await fn.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await call({})).toMatchObject({ kind: 'not-invoked' });
  });
});
