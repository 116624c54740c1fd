// The pipeline of a function: the file beside its bundle.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPipeline } from '../../core/pipeline/read-pipeline.ts';
import { PIPELINE_FILE, PIPELINE_FILE_VARIABLE } from '../../platform/names.ts';
import type { FunctionHost } from '../function-host.ts';

/** @throws PipelineError, or an Error naming the file, where the definition cannot be read */
export function lambdaPipeline(): Pick<FunctionHost, 'pipeline'> {
  return { pipeline: readPipeline(lambdaDefinition(), NONE) };
}

/** What is deployed has its built-in shapes in it. */
const NONE = new Map<string, never>();

/** The definition as the file has it. */
export function lambdaDefinition(): object {
  const folder = process.env['LAMBDA_TASK_ROOT'] ?? process.cwd();
  const file = resolve(folder, process.env[PIPELINE_FILE_VARIABLE] ?? PIPELINE_FILE);
  const definition: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof definition === 'object' && definition !== null) return definition;
  throw new Error(`${file}: found ${JSON.stringify(definition)}, expected a pipeline definition`);
}
