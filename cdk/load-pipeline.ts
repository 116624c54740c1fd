import { loadDefinition } from './load-definition.ts';
import ownPipeline from './pipeline.ts';

/** Without a file: the project's own, `cdk/pipeline.ts`. What it says is checked by `parsePipeline`. */
export async function loadPipeline(file?: string): Promise<object> {
  return file === undefined ? ownPipeline : await loadDefinition(file, 'pipeline definition');
}
