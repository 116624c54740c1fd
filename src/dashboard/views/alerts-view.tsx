// Every alert, the worst first.
import { useState } from 'preact/hooks';
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import { formatCount } from '../data/format.ts';
import { rankOf } from '../data/sort-sources.ts';
import { useLists } from '../data/use-lists.ts';
import { AlertTable } from '../parts/alert-table.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tile } from '../parts/tile.tsx';
import { TransitionTable } from '../parts/transition-table.tsx';

const STATUSES = ['firing', 'pending', 'resolved'] as const;
const MOST_SHOWN = 200;

export function AlertsView() {
  const { alerts, isCut, transitions, trouble } = useLists().alerts;
  const [status, setStatus] = useState<AlertAnswer['status'] | undefined>(undefined);
  const all = alerts?.filter(({ status: each }) => each !== 'ok') ?? [];
  const chosen = all
    .filter((alert) => status === undefined || alert.status === status)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || (b.sinceMs ?? 0) - (a.sinceMs ?? 0));
  return (
    <>
      <h1 tabIndex={-1}>Alerts</h1>
      {trouble !== undefined && <Notice kind="trouble">{trouble}</Notice>}
      <dl class="tiles small">
        {STATUSES.map((each) => {
          const count = all.filter((alert) => alert.status === each).length;
          const tone = each === 'firing' && count > 0 ? 'bad' : undefined;
          return (
            <Tile key={each} name={each} tone={tone}>
              {alerts === undefined ? '…' : formatCount(count)}
            </Tile>
          );
        })}
      </dl>
      <section class="panel" aria-labelledby="alerts-heading">
        <div class="bar">
          <h2 id="alerts-heading">{status === undefined ? 'All alerts' : `Alerts ${status}`}</h2>
          <fieldset class="segments">
            <legend class="visually-hidden">Which alerts</legend>
            <button type="button" aria-pressed={status === undefined} onClick={() => setStatus(undefined)}>
              all
            </button>
            {STATUSES.map((each) => (
              <button key={each} type="button" aria-pressed={status === each} onClick={() => setStatus(each)}>
                {each}
              </button>
            ))}
          </fieldset>
        </div>
        {alerts === undefined ? (
          <Notice>Loading…</Notice>
        ) : chosen.length === 0 ? (
          <Notice>
            {all.length === 0
              ? 'All is well: no alert is pending or firing, and none has resolved lately.'
              : `No alert is ${status}.`}
          </Notice>
        ) : (
          <AlertTable alerts={chosen.slice(0, MOST_SHOWN)} />
        )}
        {(chosen.length > MOST_SHOWN || isCut) && (
          <Notice>
            The first {formatCount(Math.min(MOST_SHOWN, chosen.length))} of {formatCount(chosen.length)}
            {isCut ? ' and more' : ''} are shown.
          </Notice>
        )}
      </section>
      <section class="panel" aria-labelledby="transitions-heading">
        <h2 id="transitions-heading">Transitions since this page was opened</h2>
        <div aria-live="polite">
          {transitions.length === 0 ? (
            <Notice>None yet: they appear here as they happen.</Notice>
          ) : (
            <TransitionTable transitions={transitions} />
          )}
        </div>
      </section>
    </>
  );
}
