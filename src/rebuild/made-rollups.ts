// Which rollups are made just now, and from which windows on they have all that their sources hold.
import { Lacking } from '../../consumers/rollup/lacking.ts';
import type { Pipeline, Rollup } from '../core/pipeline/pipeline.ts';
import { type KnownRollup, rollupText } from '../core/rollup-beginnings.ts';
import { parseRollupSeries } from '../core/series.ts';
import type { WindowBounds } from '../core/window-spec.ts';

export class MadeRollups {
  readonly #pipeline: Pipeline;
  readonly #lacking: Lacking;
  readonly #noted: readonly KnownRollup[] | undefined;

  /** `noted`: undefined where nothing has ever been: then all of the pipeline's are made, and have been from the beginning. */
  constructor(pipeline: Pipeline, noted: readonly KnownRollup[] | undefined) {
    this.#pipeline = pipeline;
    this.#noted = noted;
    this.#lacking = new Lacking(pipeline);
    this.#lacking.take(noted ?? []);
  }

  /** Whether a window of the series is made of all that its sources' windows hold. One that the rollup is younger than is not, and is left as it is. */
  isOfAll(series: string, window: WindowBounds): boolean {
    const { rollup: name, values = [] } = parseRollupSeries(series) ?? {};
    const rollup = this.#pipeline.rollups.find((each) => each.name === name);
    if (rollup === undefined || !rollup.levels.some(({ length }) => length === values.length)) return false;
    return this.#isSince(rollup, window.start) && this.#lacking.of(series, window) === undefined;
  }

  #isSince(rollup: Rollup, startMs: number): boolean {
    if (this.#noted === undefined) return true;
    const text = rollupText(rollup, this.#pipeline);
    const known = this.#noted.find((each) => each.text === text && each.isGone !== true);
    if (known === undefined) return false;
    return known.sinceMs === undefined || startMs >= known.sinceMs + this.#pipeline.maxClockSkewMs;
  }
}
