// Which rollups have been told all of a window of a source that closes: it is stored with it.
import { parseRollupSeries } from '../../src/core/series.ts';
import type { MissingAddition } from './commit-parts.ts';
import type { SourceChange } from './decode-changes.ts';
import type { Lacking } from './lacking.ts';

export class Telling {
  readonly #lacking: Lacking;
  readonly #missing: ReadonlySet<string>;

  /** `missing`: what parts could not take. */
  constructor(lacking: Lacking, missing: readonly MissingAddition[]) {
    this.#lacking = lacking;
    // Where only values are missing, all events are there.
    const whole = missing.filter(({ names }) => names === undefined);
    this.#missing = new Set(
      whole.map(({ addition: { source, contribution } }) => {
        const rollup = parseRollupSeries(contribution.series)?.rollup ?? '';
        return keyOf(source, rollup, contribution.start);
      }),
    );
  }

  /** By `rollupMark`. `at`: which of the windows that the change closed. */
  toldOf({ source, after, madeMs }: SourceChange, at: number): readonly number[] {
    const window = after.closed[at];
    if (window === undefined) return [];
    return this.#lacking
      .tellingAllOf(window, madeMs)
      .filter(({ name }) => !this.#missing.has(keyOf(source, name, window.start)))
      .map(({ mark }) => mark);
  }
}

function keyOf(source: string, rollup: string, start: number): string {
  return `${start} ${rollup} ${source}`;
}
