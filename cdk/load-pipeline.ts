import { dirname } from 'node:path';
import { loadDefinition } from './load-definition.ts';
import { withDevices } from './load-devices.ts';
import ownPipeline from './pipeline.ts';

/** Without a file: the project's own, `cdk/pipeline.ts`. A table of devices beside it is part of it. What it says is checked by `parsePipeline`. */
export async function loadPipeline(file?: string): Promise<object> {
  if (file === undefined) return await withDevices(ownPipeline, import.meta.dirname);
  return await withDevices(await loadDefinition(file, 'pipeline definition'), dirname(file));
}
