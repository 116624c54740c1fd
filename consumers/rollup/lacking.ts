import { mergedPartiality, type Partiality } from '../../src/core/partiality.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import {
  type KnownRollup,
  lackingIn,
  rollupMark,
  rollupText,
  telling,
} from '../../src/core/rollup-beginnings.ts';
import { parseRollupSeries } from '../../src/core/series.ts';
import type { ClosedWindow } from '../../src/core/source-window.ts';
import type { WindowBounds } from '../../src/core/window-spec.ts';

/** What windows lack of sources that had closed theirs before the rollup began. */
export class Lacking {
  readonly #pipeline: Pipeline;
  #byName = new Map<string, KnownRollup>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  take(rollups: readonly KnownRollup[]): void {
    const byText = new Map(rollups.map((each) => [each.text, each]));
    for (const rollup of this.#pipeline.rollups) {
      const known = byText.get(rollupText(rollup, this.#pipeline));
      if (known !== undefined) this.#byName.set(rollup.name, known);
    }
  }

  /** What of a contribution has not been told by another rollup of the name; undefined: all of it has. */
  told(contribution: Contribution, madeMs: number): Contribution | undefined {
    const known = this.#byName.get(parseRollupSeries(contribution.series)?.rollup ?? '');
    if (known === undefined) return contribution;
    const { maxClockSkewMs } = this.#pipeline;
    switch (telling(known, { madeMs, startMs: contribution.start, maxClockSkewMs })) {
      case 'all':
        return contribution;
      case 'what is new': {
        const partial = mergedPartiality(contribution.partial, { sinceMs: known.sinceMs ?? 0 });
        // Without the whole nothing can stand in for what was missed.
        const missed = contribution.missed === undefined ? {} : { missed: 'always' as const };
        return { ...contribution, partial, whole: () => contribution, digests: undefined, ...missed };
      }
      case 'nothing':
        return undefined;
    }
  }

  /** The rollups that a change which closes a window tells all of it, each with its mark. */
  tellingAllOf(
    window: ClosedWindow,
    madeMs: number,
  ): readonly { readonly name: string; readonly mark: number }[] {
    if (window.partial !== undefined || window.regrouped !== undefined) return [];
    const { rollups, maxClockSkewMs } = this.#pipeline;
    return rollups
      .filter(({ name, of, levels }) => {
        if (of !== window.aggregation || !levels.flat().every((tag) => window.groupBy.includes(tag)))
          return false;
        const known = this.#byName.get(name);
        return (
          known === undefined || telling(known, { madeMs, startMs: window.start, maxClockSkewMs }) === 'all'
        );
      })
      .map((rollup) => ({ name: rollup.name, mark: rollupMark(rollup, this.#pipeline) }));
  }

  of(series: string, { start, end }: WindowBounds): Partiality | undefined {
    const name = parseRollupSeries(series)?.rollup ?? '';
    const { aggregations, rollups, maxClockSkewMs } = this.#pipeline;
    const of = rollups.find((each) => each.name === name)?.of;
    const aggregation = aggregations.find((each) => each.name === of);
    const known = this.#byName.get(name);
    return aggregation === undefined || known === undefined
      ? undefined
      : lackingIn(known, aggregation, { start, end, maxClockSkewMs });
  }
}
