import type { Shape } from '../../core/shape/shape.ts';
import type { RecordFacts } from './scope.ts';
import type { SkippedPaths } from './skipped-paths.ts';
import type { Notes } from './take-values.ts';

/** The other forms that a pipeline's events come in, and where what is not taken of them is counted. */
export interface Shaping {
  readonly shapes: readonly Shape[];
  readonly skipped: SkippedPaths;
  /** Tags that the pipeline asks for. */
  readonly askedTags?: ReadonlySet<string> | undefined;
  /** Names of states that the pipeline asks for; undefined: of none. */
  readonly states?: ReadonlySet<string> | undefined;
  /** Told of every time whose zone is the shape's word; undefined: nobody asks. */
  readonly onZone?: ((zone: string) => void) | undefined;
  /** The record at hand. */
  readonly record: RecordFacts;
}

export function notesOf({ name }: Shape, { skipped, askedTags, states, onZone }: Shaping): Notes {
  return { shape: name, skipped, askedTags, states, onZone };
}
