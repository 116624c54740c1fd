// A pipeline definition as its user writes it, in which built-in shapes may stand by name.
import { BUILT_IN_SHAPES } from '../shape/built-in-shapes.ts';
import type { Pipeline } from './pipeline.ts';
import { readPipeline } from './read-pipeline.ts';

/** @throws PipelineError naming every offending key, what was found and what was expected */
export function parsePipeline(definition: unknown): Pipeline {
  return readPipeline(definition, BUILT_IN_SHAPES);
}
