// The pipeline definition as functions find it beside their code.
import { spellOutShapes } from '../src/core/shape/spell-out-shapes.ts';

/** With its built-in shapes in it, so that functions carry no others: all of them are a tenth of what a cold start loads. */
export function pipelineText(pipeline: object): string {
  return `${JSON.stringify(spellOutShapes(pipeline), null, 2)}\n`;
}
