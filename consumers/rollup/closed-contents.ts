// What is stored of the sources that have closed theirs in a part of a rollup window: the part is made anew of it.
import { asClosed } from '../../src/core/as-closed.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { wholeOf } from '../../src/core/rollup.ts';
import { parseRollupSeries } from '../../src/core/series.ts';
import type { GroupContents } from '../../src/core/source-window.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { markKey } from '../../src/core/stored-window.ts';
import type { Windows } from '../../src/stores/windows.ts';

/** By the keys of the sources' marks; those of which nothing is stored are left out. */
export async function closedContents(
  { series, start, end, marks }: Pick<StoredWindow, 'series' | 'start' | 'end' | 'marks'>,
  { windows, pipeline }: { readonly windows: Windows; readonly pipeline: Pipeline },
): Promise<ReadonlyMap<string, GroupContents>> {
  const { rollup: name, values = [] } = parseRollupSeries(series) ?? {};
  const rollup = pipeline.rollups.find((each) => each.name === name);
  const tags = rollup?.levels.find(({ length }) => length === values.length);
  if (rollup === undefined || tags === undefined) return new Map();
  const closed = new Set([...marks].flatMap(([key, { open }]) => (open ? [] : [key])));
  const stored = await windows.closedOf({ aggregation: rollup.of, start, end }, closed);
  return new Map(
    stored.flatMap(({ source, window }) => {
      const contents = contentsOf(source, window, tags, values);
      return contents === undefined ? [] : [[markKey(source), contents] as const];
    }),
  );
}

/** undefined: stored by a release that did not keep it apart. */
function contentsOf(
  source: string,
  stored: StoredWindow,
  tags: readonly string[],
  values: readonly (string | null)[],
): GroupContents | undefined {
  const window = asClosed(stored);
  return tags.every((tag) => window.groupBy.includes(tag))
    ? wholeOf(source, window, tags, values)
    : undefined;
}
