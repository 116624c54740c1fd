// The windows of a series: those that are stored, with quantiles, and on top of them what is told live.
import { useMemo } from 'preact/hooks';
import type { LiveRequest } from '../../live-client/live-client.ts';
import { list, object } from '../../wire/api/schema.ts';
import { type WindowAnswer, windowSchema } from '../../wire/api/window-answer.ts';
import type { LiveWindow } from '../../wire/live/messages.ts';
import { mergeWindows } from './chart-columns.ts';
import { useData } from './context.ts';
import { type LiveSet, useLive } from './use-live.ts';
import { usePolled } from './use-polled.ts';

export const QUANTILES = [50, 95, 99] as const;

export interface WindowsToShow {
  /** The path in the query API. */
  readonly path: string;
  readonly aggregation?: string | undefined;
  readonly hasQuantiles: boolean;
  readonly live: LiveRequest;
  /** Which of the windows that are told live belong here. */
  readonly isOurs: (window: LiveWindow) => boolean;
  readonly sinceMs: number;
}

export interface ShownWindows {
  readonly windows: readonly WindowAnswer[];
  readonly isReady: boolean;
  readonly trouble: string | undefined;
  readonly missing: string | undefined;
  readonly live: LiveSet;
}

export function useWindows(wanted: WindowsToShow): ShownWindows {
  const { path, aggregation, hasQuantiles, isOurs, sinceMs } = wanted;
  const { api } = useData();
  const stored = usePolled({
    key: `${path} ${aggregation} ${hasQuantiles}`,
    everyMs: 15_000,
    load: (signal) =>
      api.get(path, pageSchema, {
        query: { aggregation, order: 'desc', limit: 200, p: hasQuantiles ? QUANTILES.join(',') : undefined },
        signal,
      }),
  });
  const live = useLive(wanted.live);
  const windows = useMemo(() => {
    const told = [...live.series.values()].flat().filter(isOurs);
    return mergeWindows(
      stored.value?.windows ?? [],
      told.map(({ window }) => window),
    ).filter(({ startMs }) => startMs >= sinceMs);
  }, [stored.value, live.series, sinceMs, aggregation]);
  return {
    windows,
    isReady: stored.value !== undefined || live.isReady,
    trouble: stored.trouble ?? live.refused,
    missing: stored.missing,
    live,
  };
}

/** What the pages of a source's windows and of a rollup's have in common. */
const pageSchema = object({ windows: list(windowSchema) });
