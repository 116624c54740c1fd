import type { Shape } from '../../core/shape/shape.ts';
import type { RecordFacts } from './scope.ts';
import type { SkippedPaths } from './skipped-paths.ts';

/** The other forms that a pipeline's events come in, and where what is not taken of them is counted. */
export interface Shaping {
  readonly shapes: readonly Shape[];
  readonly skipped: SkippedPaths;
  /** Of the record at hand. */
  readonly record: RecordFacts;
}
