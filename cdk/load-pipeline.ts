// Finds and reads the pipeline definition: a JSON file, or a module whose default export it is.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Without a file: `pipeline.ts` in the current folder, and when there is none, `DEFAULT_PIPELINE`.
 * Throws when the file cannot be read or holds no object; what the object says is checked by the functions.
 */
export async function loadPipeline(file?: string): Promise<object> {
  if (file === undefined && !existsSync(DEFAULT_FILE)) return DEFAULT_PIPELINE;
  const path = resolve(file ?? DEFAULT_FILE);
  if (!existsSync(path)) throw new Error(`pipeline definition ${path}: there is no such file`);
  const definition = path.endsWith('.json') ? await readJson(path) : await readModule(path);
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw new Error(
      `pipeline definition ${path}: found ${JSON.stringify(definition)}, expected an object (a module's default export)`,
    );
  }
  return definition;
}

const DEFAULT_FILE = 'pipeline.ts';

/** One aggregation of everything by the minute. */
const DEFAULT_PIPELINE = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '1h', idleTimeout: '10m' },
  ],
  dedupe: { horizon: '10m' },
  maxClockSkew: '5m',
};

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`pipeline definition ${path}: ${cause instanceof Error ? cause.message : 'not JSON'}`, {
      cause,
    });
  }
}

async function readModule(path: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(path).href);
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}
