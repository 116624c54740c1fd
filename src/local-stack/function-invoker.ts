// Invokes a function in processes of its own, one for each execution under way at a time, as Lambda does: a process that
// is free is used again, for a shard the one that had its last batch; else another is started.
import type { FunctionInvoker, InvokeOutcome } from '../event-source/ports.ts';
import { type FunctionEnvironmentOptions, functionEnvironment } from './function-environment.ts';
import { type FunctionProcess, startFunctionProcess } from './function-process.ts';
import type { FunctionSpec } from './read-function.ts';

export interface FunctionLine {
  readonly functionName: string;
  readonly output: 'stdout' | 'stderr';
  /** Without the line's end: a log record, an EMF metric or whatever the function wrote. */
  readonly text: string;
}

export interface FunctionInvokerOptions extends FunctionEnvironmentOptions {
  /** Request ids, each different. */
  readonly newRequestId: () => string;
  readonly onLine: (line: FunctionLine) => void;
  /** Time to load the function; default: Lambda's 10 s. */
  readonly initTimeoutMs?: number;
}

export interface LocalFunction extends FunctionInvoker {
  /** Processes that are alive, busy or free: for whoever wants to look at them or kill one. */
  pids(): readonly number[];
  /** Those with an invocation under way. */
  busyPids(): readonly number[];
  /** Kills all processes; what is under way ends as a function error. Afterwards nothing is invoked. May be repeated. */
  stop(): Promise<void>;
}

/** Starts nothing before the first invocation. */
export function createFunctionInvoker(fn: FunctionSpec, options: FunctionInvokerOptions): LocalFunction {
  const processes = new Set<FunctionProcess>();
  const free: FunctionProcess[] = [];
  const lastServed = new WeakMap<FunctionProcess, string>();
  const underWay = new Set<Promise<InvokeOutcome>>();
  let stopped = false;
  const settings = {
    environment: functionEnvironment(fn, options),
    initTimeoutMs: options.initTimeoutMs,
    onLine: (text: string, output: 'stdout' | 'stderr') =>
      options.onLine({ functionName: fn.name, output, text }),
  };

  /** The free process that had the last batch of the same shard, else one that has had none of any shard. */
  const takeFree = (affinity: string | undefined): FunctionProcess | undefined => {
    for (const dead of free.filter((process) => !process.alive())) {
      free.splice(free.indexOf(dead), 1);
      processes.delete(dead);
    }
    const preferred =
      free.find((process) => affinity !== undefined && lastServed.get(process) === affinity) ??
      free.find((process) => affinity === undefined || !lastServed.has(process));
    if (preferred !== undefined) free.splice(free.indexOf(preferred), 1);
    return preferred;
  };

  const start = async (): Promise<FunctionProcess> => {
    const process = await startFunctionProcess(fn, settings);
    processes.add(process);
    if (stopped) await process.stop();
    return process;
  };

  const execute = async (payload: string, affinity: string | undefined): Promise<InvokeOutcome> => {
    const process = takeFree(affinity) ?? (await start());
    if (affinity !== undefined) lastServed.set(process, affinity);
    const outcome = await process.invoke(options.newRequestId(), payload);
    if (process.alive()) free.push(process);
    else processes.delete(process);
    return outcome;
  };

  return {
    async invoke(payload, affinity) {
      if (stopped) return notInvoked('service-error', `function ${fn.name} is stopped`);
      if (Buffer.byteLength(payload) > REQUEST_LIMIT_BYTES) {
        return notInvoked(
          'service-error',
          `the event has ${Buffer.byteLength(payload)} bytes, expected at most ${REQUEST_LIMIT_BYTES}`,
        );
      }
      if (underWay.size >= (fn.reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
        return notInvoked(
          'throttled',
          `${underWay.size} executions of ${fn.name} are under way, its reserved concurrency`,
        );
      }
      const execution = execute(payload, affinity);
      underWay.add(execution);
      try {
        return await execution;
      } catch (error) {
        // Only a process that cannot be started: a function's own failure is an outcome.
        return notInvoked('service-error', error instanceof Error ? error.message : String(error));
      } finally {
        underWay.delete(execution);
      }
    },
    pids: () => [...processes].filter((process) => process.alive()).map(({ pid }) => pid),
    busyPids: () =>
      [...processes].filter((process) => process.alive() && !free.includes(process)).map(({ pid }) => pid),
    async stop() {
      stopped = true;
      await Promise.all([...processes].map((process) => process.stop()));
      // One that was just being started is stopped as soon as it is there.
      await Promise.allSettled(underWay);
    },
  };
}

/** Lambda's limit for the event of a synchronous invocation. */
const REQUEST_LIMIT_BYTES = 6 * 1024 * 1024;

function notInvoked(reason: 'throttled' | 'service-error', message: string): InvokeOutcome {
  return { kind: 'not-invoked', reason, message };
}
