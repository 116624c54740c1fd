// A window as a line of JSON: what is kept by name as a list, since a name may be anything.
import type { SeriesWindow } from '../core/stored-window.ts';

export function windowJson<W extends Pick<SeriesWindow, 'metrics' | 'distinct' | 'topK' | 'topKMissed'>>({
  metrics,
  distinct,
  topK,
  topKMissed,
  ...window
}: W) {
  return {
    ...window,
    metrics: [...metrics].map(([name, values]) => ({ name, ...values })),
    ...(distinct.size === 0 ? {} : { distinct: [...distinct].map(([of, count]) => ({ of, count })) }),
    ...(topK.size === 0
      ? {}
      : {
          topK: [...topK].map(([of, entries]) => ({
            of,
            entries: entries.map(([text, count]) => ({ text, count })),
            missed: topKMissed.get(of) ?? 0,
          })),
        }),
  };
}
