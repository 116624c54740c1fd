// Where a source was put back to what it had been: whatever was told of it before, in the end a rollup window is what the windows of its
// sources make, as they are stored, and final.
import { roundSum } from '../core/exact-sum.ts';
import { wholeOf } from '../core/rollup.ts';
import { parseRollupSeries, parseSourceSeries, rollupSeries } from '../core/series.ts';
import type { GroupContents, WindowGroup } from '../core/source-window.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { mergeGroups } from '../core/window.ts';
import { seriesKey } from './check-windows.ts';
import type { EndCheckDeps } from './end-check-deps.ts';
import { hold, holdSame } from './violation.ts';

const LAW_OF_RESTORES =
  'where a source was put back, rollups are what its windows make, as if it had always been so';

export function checkRestoredRollups({ pipeline, sources, windows }: EndCheckDeps): void {
  const expected = new Map<string, GroupContents[]>();
  const { images } = windows;
  for (const { name, of, levels } of pipeline.rollups) {
    for (const window of images) {
      const own = parseSourceSeries(window.series);
      if (own?.aggregation !== of) continue;
      const { groupBy, groups } = window.apart ?? { groupBy: [], groups: [wholeGroup(window)] };
      const closed = { ...window, aggregation: of, spec: '', groupBy, groups: [...groups], bytes: 0 };
      for (const tags of levels) {
        const valuesOf = (group: WindowGroup) => tags.map((tag) => group.tags[groupBy.indexOf(tag)] ?? null);
        const texts = new Map(groups.map((group) => [JSON.stringify(valuesOf(group)), valuesOf(group)]));
        for (const values of texts.values()) {
          const key = seriesKey(rollupSeries(name, values), window.start);
          const contents = wholeOf(own.source, closed, tags, values);
          if (contents.events > 0) expected.set(key, [...(expected.get(key) ?? []), contents]);
        }
      }
    }
  }
  const places = new Set(images.filter(isOfRollup).map(({ series, start }) => seriesKey(series, start)));
  for (const key of new Set([...expected.keys(), ...places])) {
    const [series, start]: [string, number] = JSON.parse(key);
    const found = windows.whole(series, start);
    const wanted = expected.get(key);
    if (wanted === undefined && (found?.events ?? 0) === 0) continue;
    if (sources.isUntold && found?.partial !== undefined) continue;
    holdSame(
      LAW_OF_RESTORES,
      `${series} ${start}`,
      found && contentsOf(found),
      contentsOf(mergeGroups({ groups: wanted ?? [] })),
    );
    const isFinal = found?.final === true || found?.incomplete === true;
    hold(
      LAW_OF_RESTORES,
      isFinal,
      () => `${series} ${start}: found it not final, with all its sources closed`,
    );
  }
}

function isOfRollup({ series }: StoredWindow): boolean {
  return parseRollupSeries(series) !== undefined;
}

function wholeGroup({ events, moved, metrics, fields }: StoredWindow): WindowGroup {
  return { tags: [], events, moved, metrics: [...metrics], fields };
}

function contentsOf({ events, metrics }: GroupContents): unknown {
  const named = metrics
    .filter(({ count }) => count > 0)
    .map((metric) => {
      const { name, count, min, max, first, last } = metric;
      return { name, count, min, max, sum: roundSum(metric), first, last };
    });
  return { events, metrics: named.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
