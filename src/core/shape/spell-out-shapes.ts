// Puts built-in shapes into a definition where it names them: what reads it then needs none but those.
import { isObject } from '../event-rules.ts';
import { BUILT_IN_SHAPES } from './built-in-shapes.ts';

/**
 * The definition with each name of a built-in shape, and each `like`, replaced by what it stands for. It reads as the same pipeline, and cuts
 * records alike. What is not known stays as it is, for the reader to refuse. Repeating it changes nothing.
 */
export function spellOutShapes(pipeline: object): object {
  if (!('shapes' in pipeline) || !Array.isArray(pipeline.shapes)) return pipeline;
  return { ...pipeline, shapes: pipeline.shapes.map(spellOut) };
}

function spellOut(entry: unknown): unknown {
  if (typeof entry === 'string') return BUILT_IN_SHAPES.get(entry) ?? entry;
  if (!isObject(entry)) return entry;
  const { like, ...own } = entry;
  const model = typeof like === 'string' ? BUILT_IN_SHAPES.get(like) : undefined;
  if (model === undefined) return entry;
  const { name: _, ...words } = model;
  return { ...words, ...own };
}
