// What the laws of a run's end look at.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { LettersCheck } from './check-letters.ts';
import type { SourcesCheck } from './check-sources.ts';
import type { WindowsCheck } from './check-windows.ts';
import type { ExpectedStream } from './expected-stream.ts';

export interface EndCheckDeps {
  readonly pipeline: Pipeline;
  /** All that there have been; the first is that of the plan. */
  readonly pipelines: readonly Pipeline[];
  /** Whether code of several was there at a time. */
  readonly isMixed: boolean;
  readonly stream: ExpectedStream;
  readonly sources: SourcesCheck;
  readonly windows: WindowsCheck;
  readonly letters: LettersCheck;
  /** Bad events in records that were given up: they may have their dead letters or not. */
  readonly givenUp: ReadonlySet<string>;
  /** The state of some source could not be read for a while. */
  readonly wasUnreadable: boolean;
}
