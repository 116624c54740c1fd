// A live subscription as long as a part of the page is there, drawn once a frame.
import { useEffect, useState } from 'preact/hooks';
import type { LiveRequest } from '../../live-client/live-client.ts';
import type { SeriesView } from '../../live-client/series-view.ts';
import type { LiveWindow } from '../../wire/live/messages.ts';
import { useData } from './context.ts';

export interface LiveSet {
  /** What there was to begin with is there. */
  readonly isReady: boolean;
  /** Why the request is refused. */
  readonly refused: string | undefined;
  readonly series: ReadonlyMap<string, readonly LiveWindow[]>;
  /** When something last changed; undefined: not since it is ready. */
  readonly changedMs: number | undefined;
}

const EMPTY: LiveSet = { isReady: false, refused: undefined, series: new Map(), changedMs: undefined };

/** `request`: undefined for none. */
export function useLive(request: LiveRequest | undefined): LiveSet {
  const { live, frames } = useData();
  const [set, setSet] = useState(EMPTY);
  // Two requests that say the same are one.
  const key = JSON.stringify(request);
  useEffect(() => {
    setSet(EMPTY);
    if (key === undefined) return;
    const asked: LiveRequest = JSON.parse(key);
    const series = new Map<string, readonly LiveWindow[]>();
    const changed = new Set<SeriesView>();
    let now = EMPTY;
    let isOver = false;
    const draw = () => {
      if (isOver) return;
      for (const view of changed) series.set(view.series, view.windows);
      changed.clear();
      setSet({ ...now, series: new Map(series) });
    };
    const stop = live.subscribe(asked, {
      onChange: (view) => {
        changed.add(view);
        if (now.isReady) now = { ...now, changedMs: Date.now() };
        frames.request(draw);
      },
      onReady: () => {
        now = { ...now, isReady: true };
        frames.request(draw);
      },
      onError: (refused) => {
        now = { ...now, refused };
        frames.request(draw);
      },
    });
    return () => {
      isOver = true;
      stop();
    };
  }, [key, live, frames]);
  return set;
}
