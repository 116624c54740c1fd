// Finds and reads the pipeline definition: a JSON file, or a module whose default export it is.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ownPipeline from './pipeline.ts';

/**
 * Without a file: the project's own, `cdk/pipeline.ts`.
 * Throws when the file cannot be read or holds no object; what the object says is checked by `parsePipeline`.
 */
export async function loadPipeline(file?: string): Promise<object> {
  if (file === undefined) return ownPipeline;
  const path = resolve(file);
  if (!existsSync(path)) throw new PipelineFileError(`pipeline definition ${path}: there is no such file`);
  const definition = path.endsWith('.json') ? await readJson(path) : await readModule(path);
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw new PipelineFileError(
      `pipeline definition ${path}: found ${JSON.stringify(definition)}, expected an object (a module's default export)`,
    );
  }
  return definition;
}

/** The file is not there, cannot be read, or holds no definition. */
export class PipelineFileError extends Error {
  override readonly name = 'PipelineFileError';
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new PipelineFileError(`pipeline definition ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function readModule(path: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new PipelineFileError(`pipeline definition ${path}: ${messageOf(cause)}`, { cause });
  });
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
