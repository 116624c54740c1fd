// A stored window of a source as the window that its source closed: rollups can be made of it again.
import { parseSourceSeries } from './series.ts';
import type { ClosedWindow } from './source-window.ts';
import type { StoredWindow } from './stored-window.ts';
import { copyGroup } from './window.ts';

/** Where its events were not kept apart by tags, or were stored by a release that did not, they are one group. */
export function asClosed(window: StoredWindow): ClosedWindow {
  const { series, start, end, partial, link, apart } = window;
  const groups = (apart?.groups ?? [{ ...window, tags: [] }]).map((group) => ({
    ...copyGroup(group),
    tags: group.tags,
  }));
  return {
    aggregation: parseSourceSeries(series)?.aggregation ?? '',
    spec: '',
    groupBy: apart?.groupBy ?? [],
    start,
    end,
    groups,
    bytes: 0,
    ...(partial === undefined ? {} : { partial }),
    ...(link === undefined ? {} : { link }),
  };
}
