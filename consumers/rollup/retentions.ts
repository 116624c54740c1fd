import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { parseRollupSeries, parseSourceSeries } from '../../src/core/series.ts';

/** How long the windows of a series are kept: as its aggregation says, or the pipeline where that is gone. */
export class Retentions {
  readonly #byAggregation: ReadonlyMap<string, number | undefined>;
  readonly #aggregationByRollup: ReadonlyMap<string, string>;
  readonly #otherwise: number | undefined;

  constructor({ aggregations, rollups, retentionMs }: Pipeline) {
    this.#byAggregation = new Map(aggregations.map(({ name, retentionMs: own }) => [name, own]));
    this.#aggregationByRollup = new Map(rollups.map(({ name, of }) => [name, of]));
    this.#otherwise = retentionMs;
  }

  of(series: string): number | undefined {
    const rollup = parseRollupSeries(series)?.rollup;
    const aggregation =
      rollup === undefined ? parseSourceSeries(series)?.aggregation : this.#aggregationByRollup.get(rollup);
    if (aggregation === undefined || !this.#byAggregation.has(aggregation)) return this.#otherwise;
    return this.#byAggregation.get(aggregation);
  }
}
