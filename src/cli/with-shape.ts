// The shape a command names: one of the pipeline's, or a built-in one.
import { isObject } from '../core/event-rules.ts';
import { askedStates } from '../core/pipeline/asked-states.ts';
import { askedTags } from '../core/pipeline/asked-tags.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { PipelineError } from '../core/pipeline/pipeline-error.ts';
import { BUILT_IN_SHAPES } from '../core/shape/built-in-shapes.ts';
import { readShape } from '../core/shape/read-shape.ts';
import type { Shape } from '../core/shape/shape.ts';
import { UsageError } from './exit.ts';

export interface ShapedPipeline {
  /** The definition, with the shape before its others: recorded records are shaped by the pipeline. */
  readonly pipeline: object;
  /** undefined: none is named. */
  readonly shapes: readonly Shape[] | undefined;
}

/** @throws UsageError for an unknown name, PipelineError for a wrong shape */
export function withShape(pipeline: object, name: string | undefined): ShapedPipeline {
  if (name === undefined) return { pipeline, shapes: undefined };
  const own = shapesIn(pipeline);
  const definition = own.find((each) => each === name || (isObject(each) && each['name'] === name)) ?? name;
  if (definition === name && !BUILT_IN_SHAPES.has(name)) {
    const names = [...own.map(nameIn), ...BUILT_IN_SHAPES.keys()];
    throw new UsageError(`--shape: found ${JSON.stringify(name)}, expected one of ${names.join(', ')}`);
  }
  const problems: string[] = [];
  const shape = readShape(definition, `shape ${name}`, { problems, builtIn: BUILT_IN_SHAPES });
  if (problems.length > 0 || shape === undefined) throw new PipelineError(problems);
  return {
    pipeline: { ...pipeline, shapes: [definition, ...own.filter((each) => each !== definition)] },
    shapes: [shape],
  };
}

/** What a pipeline asks for of the events that shapes make: tags, and texts that are states. */
export function askedBy(pipeline: Pipeline) {
  return { askedTags: askedTags(pipeline), states: askedStates(pipeline) };
}

/** The shapes section as it stands. */
export function shapesIn(pipeline: object): readonly unknown[] {
  return 'shapes' in pipeline && Array.isArray(pipeline.shapes) ? pipeline.shapes : [];
}

function nameIn(definition: unknown): string {
  return isObject(definition) ? String(definition['name']) : String(definition);
}
