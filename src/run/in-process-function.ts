// Runs a consumer in this process, on tables in memory: what stands in for a function's own processes where there are
// no servers to share between processes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionHost, InvocationContext } from '../host/function-host.ts';
import type { LocalFunction } from '../local-stack/function-invoker.ts';
import type { FunctionSpec } from '../local-stack/read-function.ts';
import { type InProcessOptions, inProcessHost } from './in-process-host.ts';

/** @throws Error where the template's handler is wired by no `wire.ts`, or lacks something it asks its host for */
export async function createInProcessFunction(
  fn: FunctionSpec,
  options: InProcessOptions,
): Promise<LocalFunction> {
  const wire = await loadWire(fn);
  const handler = wire(inProcessHost(fn, options));
  return {
    async invoke(payload) {
      try {
        const deadlineMs = options.clock.nowMs() + fn.timeoutMs;
        const context = { getRemainingTimeInMillis: () => deadlineMs - options.clock.nowMs() };
        return { kind: 'returned', payload: JSON.stringify(await handler(JSON.parse(payload), context)) };
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return { kind: 'function-error', errorType: name, message };
      }
    },
    pids: () => [],
    busyPids: () => [],
    stop: async () => {},
  };
}

type Wire = (host: FunctionHost) => (event: unknown, context: InvocationContext) => Promise<unknown>;

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Which consumer a function is, the template's handler says: `consumers/close/handler.handler` is wired beside it. */
async function loadWire({ name, handler }: FunctionSpec): Promise<Wire> {
  const folder = /^(consumers\/[^/]+)\/handler\.handler$/.exec(handler)?.[1];
  const file = join(PROJECT, folder ?? '', import.meta.url.endsWith('.ts') ? 'wire.ts' : 'wire.js');
  if (folder === undefined || !existsSync(file)) {
    throw new Error(
      `function ${name}: found the handler ${JSON.stringify(handler)}, expected consumers/<name>/handler.handler with a wire.ts beside it: no other runs in memory`,
    );
  }
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const wire = module['wire'];
  if (!isWire(wire)) throw new Error(`${file}: found no function named wire among its exports, expected one`);
  return wire;
}

function isWire(value: unknown): value is Wire {
  return typeof value === 'function';
}
