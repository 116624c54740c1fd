// Finds and reads a definition of the user's, of the pipeline or of the settings: a JSON file, or a module whose default export
// it is.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `what`: as the error calls it. Throws when the file cannot be read or holds no object; what the object says is checked by its
 * own reader.
 */
export async function loadDefinition(file: string, what: string): Promise<object> {
  const path = resolve(file);
  const where = `${what} ${path}`;
  if (!existsSync(path)) throw new DefinitionFileError(`${where}: there is no such file`);
  if (statSync(path).isDirectory())
    throw new DefinitionFileError(`${where}: found a folder, expected a file: JSON, or a TypeScript module`);
  const definition = path.endsWith('.json') ? await readJson(path, where) : await readModule(path, where);
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw new DefinitionFileError(
      `${where}: found ${JSON.stringify(definition)}, expected an object (a module's default export)`,
    );
  }
  return definition;
}

/** The file is not there, cannot be read, or holds no definition. */
export class DefinitionFileError extends Error {
  override readonly name = 'DefinitionFileError';
}

async function readJson(path: string, where: string): Promise<unknown> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.trim() === '') throw new DefinitionFileError(`${where}: found an empty file, expected JSON`);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof DefinitionFileError) throw cause;
    throw new DefinitionFileError(`${where}: ${messageOf(cause)}`, { cause });
  }
}

const MODULES: ReadonlySet<string> = new Set(['.ts', '.mts', '.js', '.mjs', '.cjs', '.cts']);

async function readModule(path: string, where: string): Promise<unknown> {
  const ending = extname(path);
  if (!MODULES.has(ending)) {
    const found = ending === '' ? 'a file without an ending' : `a file that ends in ${ending}`;
    throw new DefinitionFileError(`${where}: found ${found}, expected .json, or a module: .ts or .js`);
  }
  const module: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new DefinitionFileError(`${where}: ${messageOf(cause)}`, { cause });
  });
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
