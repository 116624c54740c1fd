// Turns a stored window of a source back into the window that the source closed, so that rollups can be made of it again.
import { parseSourceSeries } from './series.ts';
import type { ClosedWindow } from './source-window.ts';
import type { StoredWindow } from './stored-window.ts';
import { copyGroup } from './window.ts';

/** If its events were not kept apart by tags, or a release stored it that did not do so, they are one group. */
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
