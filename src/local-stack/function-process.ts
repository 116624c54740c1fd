// One execution environment of a function: a process that is started once, invoked again and again, one invocation at
// a time, and killed when it takes too long.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { InvokeOutcome } from '../event-source/ports.ts';
import { spawnOwned } from './owned-process.ts';
import type { FunctionSpec } from './read-function.ts';
import { type RuntimeReports, startRuntimeApi } from './runtime-api.ts';
import { siblingOf } from './sibling-of.ts';

export interface FunctionProcess {
  readonly pid: number;
  /** False once the process has ended or was told to. */
  alive(): boolean;
  /** Only after the one before has its outcome. Waits for the start to finish; never rejects. */
  invoke(requestId: string, payload: string): Promise<InvokeOutcome>;
  /** Resolves when the process is gone. May be repeated. */
  stop(): Promise<void>;
}

export interface FunctionProcessOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string, output: 'stdout' | 'stderr') => void;
  /** Time to load the function; default: Lambda's 10 s. */
  readonly initTimeoutMs?: number | undefined;
}

/** Throws when the process cannot be started. */
export async function startFunctionProcess(
  fn: FunctionSpec,
  { environment, onLine, initTimeoutMs = INIT_TIMEOUT_MS }: FunctionProcessOptions,
): Promise<FunctionProcess> {
  let alive = true;
  let ready = false;
  /** What ends the invocation under way; its `requestId` tells late answers apart. */
  let current: { requestId: string; give: () => void; settle: (outcome: InvokeOutcome) => void } | undefined;
  let initError: InvokeOutcome | undefined;

  const settle = (outcome: InvokeOutcome) => current?.settle(outcome);
  const settleOf = (requestId: string, outcome: InvokeOutcome) => {
    if (current?.requestId === requestId) current.settle(outcome);
  };
  const key = crypto.randomUUID();
  const reports: RuntimeReports = {
    onReady() {
      ready = true;
      current?.give();
    },
    onInitError({ errorType, message }) {
      initError = functionError(errorType, message);
    },
    onResponse: (requestId, payload) => settleOf(requestId, returned(payload)),
    onError: (requestId, { errorType, message }) => settleOf(requestId, functionError(errorType, message)),
  };
  const api = await startRuntimeApi(reports, key);

  const variables = { ...environment, AWS_LAMBDA_RUNTIME_API: api.address, [RUNTIME_KEY]: key };
  const child = await spawnFunction(fn, variables).catch((error: unknown) => {
    api.close();
    throw error;
  });
  tellLines(child, onLine);
  child.once('exit', (code, signal) => {
    alive = false;
    api.close();
    settle(initError ?? exitError(current?.requestId ?? '', code, signal));
  });
  // `close` comes after `exit`, when all it wrote has been read.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = () => {
    if (!alive) return;
    alive = false;
    // The group: whatever the function started goes with it.
    process.kill(-child.pid, 'SIGKILL');
  };

  return {
    pid: child.pid,
    alive: () => alive,
    invoke: (requestId, payload) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const limit = (ms: number, phase: string) => {
          clearTimeout(timer);
          timer = setTimeout(() => {
            settle(
              functionError(
                'Sandbox.Timedout',
                `RequestId: ${requestId} Error: ${phase} timed out after ${seconds(ms)} seconds`,
              ),
            );
            kill();
          }, ms);
        };
        const give = () => {
          ready = false;
          limit(fn.timeoutMs, 'Task');
          api.give({ requestId, payload, deadlineMs: Date.now() + fn.timeoutMs, functionArn: fn.arn });
        };
        current = {
          requestId,
          give,
          settle: (outcome) => {
            clearTimeout(timer);
            current = undefined;
            resolve(outcome);
          },
        };
        if (!alive) settle(initError ?? exitError(requestId, child.exitCode, child.signalCode));
        else if (ready) give();
        else limit(initTimeoutMs, 'Init');
      }),
    async stop() {
      kill();
      await closed;
    },
  };
}

/** Where the bootstrap finds what it gives the Runtime API. */
const RUNTIME_KEY = 'LOCAL_RUNTIME_KEY';
function tellLines(
  child: Pick<ChildProcess, 'stdout' | 'stderr'>,
  onLine: FunctionProcessOptions['onLine'],
): void {
  for (const output of ['stdout', 'stderr'] as const) {
    const stream = child[output];
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => onLine(line, output));
  }
}

function spawnFunction(fn: FunctionSpec, env: Readonly<Record<string, string>>) {
  const heapMb = Math.floor(fn.memoryMb * HEAP_SHARE);
  return spawnOwned(process.execPath, [`--max-old-space-size=${heapMb}`, BOOTSTRAP], {
    cwd: fn.codeFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
}

const BOOTSTRAP = fileURLToPath(siblingOf(import.meta.url, 'runtime-bootstrap'));

/** The heap's share of the function's memory, as on Lambda: the rest is for buffers, code and stacks. */
const HEAP_SHARE = 0.9;

const INIT_TIMEOUT_MS = 10_000;

/** Lambda's limit for what a function returns. */
const RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024 + 100;

function returned(payload: string): InvokeOutcome {
  const size = Buffer.byteLength(payload);
  if (size <= RESPONSE_LIMIT_BYTES) return { kind: 'returned', payload };
  const message = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`;
  return functionError('Function.ResponseSizeTooLarge', message);
}

function functionError(errorType: string, message: string): InvokeOutcome {
  return { kind: 'function-error', errorType, message };
}

function exitError(requestId: string, code: number | null, signal: NodeJS.Signals | null): InvokeOutcome {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
  return functionError(
    'Runtime.ExitError',
    `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
  );
}

const seconds = (ms: number) => (ms / 1000).toFixed(2);
