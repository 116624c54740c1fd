// The alerts that are not well: as the API lists them, and then every transition as it happens.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AlertsView } from '../../live-client/alerts-view.ts';
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import { alertsSchema } from '../../wire/api/answers.ts';
import { useData } from './context.ts';
import { loadAll } from './load-all.ts';
import { mergeAlerts } from './merge-alerts.ts';
import { usePolled } from './use-polled.ts';

export interface KnownAlerts {
  /** undefined: not known yet. */
  readonly alerts: readonly AlertAnswer[] | undefined;
  /** There are more than are listed. */
  readonly isCut: boolean;
  /** Since the page was opened, the latest first. */
  readonly transitions: readonly AlertAnswer[];
  readonly trouble: string | undefined;
}

const MAX_ALERTS = 2_000;
const MAX_TRANSITIONS = 100;

export function useAlerts(): KnownAlerts {
  const { api } = useData();
  // Those that have resolved long ago are listed only; the others are told live.
  const listed = usePolled({
    key: 'alerts',
    everyMs: 60_000,
    load: (signal) =>
      loadAll(api, {
        path: '/v1/alerts',
        schema: alertsSchema,
        entriesOf: ({ alerts }) => alerts,
        limit: 200,
        atMost: MAX_ALERTS,
        signal,
      }),
  });
  const told = useTold();
  const alerts = useMemo(
    () => (listed.value === undefined ? undefined : mergeAlerts(listed.value.entries, told.alerts)),
    [listed.value, told.alerts],
  );
  return {
    alerts,
    isCut: listed.value?.isCut === true,
    transitions: told.transitions,
    trouble: listed.trouble ?? told.refused,
  };
}

interface Told {
  readonly alerts: readonly AlertAnswer[];
  readonly transitions: readonly AlertAnswer[];
  readonly refused: string | undefined;
}

function useTold(): Told {
  const { live, frames } = useData();
  const [told, setTold] = useState<Told>({ alerts: [], transitions: [], refused: undefined });
  useEffect(() => {
    let view: AlertsView | undefined;
    let now: Told = { alerts: [], transitions: [], refused: undefined };
    let hasBegun = false;
    let isOver = false;
    // What is well again is told once, and is in no list: it must take the place of what it was.
    const wellAgain = new Map<string, AlertAnswer>();
    const draw = () => {
      if (!isOver) setTold({ ...now, alerts: [...wellAgain.values(), ...(view?.alerts ?? [])] });
    };
    const stop = live.subscribe(
      { alerts: {} },
      {
        onAlerts: (given, changed) => {
          view = given;
          for (const alert of changed) {
            const key = `${alert.rule}|${alert.series}`;
            if (alert.status === 'ok') wellAgain.set(key, alert);
            else wellAgain.delete(key);
          }
          if (hasBegun) {
            const transitions = [...changed.toReversed(), ...now.transitions].slice(0, MAX_TRANSITIONS);
            now = { ...now, transitions };
          }
          frames.request(draw);
        },
        onReady: () => {
          hasBegun = true;
        },
        onError: (refused) => {
          now = { ...now, refused };
          frames.request(draw);
        },
      },
    );
    return () => {
      isOver = true;
      stop();
    };
  }, [live, frames]);
  return told;
}
