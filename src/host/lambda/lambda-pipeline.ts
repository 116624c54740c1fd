// The pipeline of a function: the file beside its bundle.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parsePipeline } from '../../core/pipeline/parse-pipeline.ts';
import { PIPELINE_FILE, PIPELINE_FILE_VARIABLE } from '../../platform/names.ts';
import type { FunctionHost } from '../function-host.ts';

/** @throws PipelineError, or an Error naming the file, where the definition cannot be read */
export function lambdaPipeline(): Pick<FunctionHost, 'pipeline'> {
  const folder = process.env['LAMBDA_TASK_ROOT'] ?? process.cwd();
  const file = resolve(folder, process.env[PIPELINE_FILE_VARIABLE] ?? PIPELINE_FILE);
  return { pipeline: parsePipeline(JSON.parse(readFileSync(file, 'utf8'))) };
}
