// A function's configuration: read once, at its start, from the environment and the file beside its bundle.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Pipeline } from '../core/pipeline.ts';
import { parsePipeline } from '../core/pipeline.ts';
import { ENV } from './names.ts';

/** What a function needs beside the pipeline: each function is given the names of its own tables alone. */
export function readTableName(
  name:
    | 'sourcesTable'
    | 'windowsTable'
    | 'deadLettersTable'
    | 'alertsTable'
    | 'tokensTable'
    | 'readersTable'
    | 'liveTable',
): string {
  return readVariable(name, 'the name of a table');
}

export function readEventBusName(): string {
  return readVariable('eventBus', 'the name of an event bus');
}

export function readVariable(name: keyof typeof ENV, expected: string): string {
  const value = process.env[ENV[name]];
  if (value === undefined || value === '') {
    throw new Error(`environment variable ${ENV[name]}: missing, expected ${expected}`);
  }
  return value;
}

/** @throws PipelineError, or an Error naming the file, where the definition cannot be read */
export function readPipelineFile(): Pipeline {
  const folder = process.env['LAMBDA_TASK_ROOT'] ?? process.cwd();
  const file = resolve(folder, process.env[ENV.pipelineFile] ?? 'pipeline.json');
  return parsePipeline(JSON.parse(readFileSync(file, 'utf8')));
}
