// A window as a line of JSON: what is kept by name as a list, since a name may be anything.
import type { SeriesWindow } from '../core/stored-window.ts';
import { stateAnswer } from '../wire/api/window-answer.ts';

export function windowJson<
  W extends Pick<SeriesWindow, 'metrics' | 'states' | 'distinct' | 'topK' | 'topKMissed'>,
>({ metrics, states, distinct, topK, topKMissed, ...window }: W) {
  return {
    ...window,
    metrics: [...metrics].map(([name, values]) => ({ name, ...values })),
    ...(states === undefined || states.size === 0
      ? {}
      : { states: [...states].map(([name, summary]) => stateAnswer(name, summary)) }),
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
