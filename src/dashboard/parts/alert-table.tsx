// Alerts: how each stands, for what, why, and since when.
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import { formatCount, formatValues } from '../data/format.ts';
import { useNow } from '../data/use-now.ts';
import { Link } from './link.tsx';
import { Status } from './status.tsx';
import { Age, Time } from './time.tsx';

export function AlertTable({
  alerts,
  hideSubject = false,
}: {
  readonly alerts: readonly AlertAnswer[];
  readonly hideSubject?: boolean;
}) {
  const nowMs = useNow(10_000);
  return (
    <div class="scroll">
      <table class="alerts">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Alert</th>
            {!hideSubject && <th scope="col">Subject</th>}
            <th scope="col">Why</th>
            <th scope="col">Window</th>
            <th scope="col">Since</th>
            <th scope="col" class="number">
              Transitions
            </th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <tr key={`${alert.rule} ${alert.series}`} class={alert.status}>
              <td data-label="State">
                <Status status={alert.status} severity={alert.severity} />
              </td>
              <th scope="row" data-label="Alert">
                {alert.rule}
              </th>
              {!hideSubject && (
                <td data-label="Subject">
                  <AlertSubject alert={alert} />
                </td>
              )}
              <td data-label="Why" class="why">
                {alert.reason ?? '–'}
              </td>
              <td data-label="Window" class="span">
                <AlertWindow alert={alert} />
              </td>
              <td data-label="Since" class="span">
                {alert.sinceMs === undefined ? '–' : <Age atMs={alert.sinceMs} nowMs={nowMs} />}
              </td>
              <td data-label="Transitions" class="number">
                {formatCount(alert.sequence)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The one that caused the latest transition. */
function AlertWindow({ alert: { window } }: { readonly alert: AlertAnswer }) {
  if (window === undefined) return <>–</>;
  return (
    <>
      <Time atMs={window.startMs} /> – <Time atMs={window.endMs} day={false} />
    </>
  );
}

export function AlertSubject({ alert }: { readonly alert: AlertAnswer }) {
  const { source, rollup, values } = alert;
  if (source !== undefined) return <Link to={{ page: 'source', source }}>{source}</Link>;
  if (rollup === undefined || values === undefined) return <>{alert.series}</>;
  return (
    <Link to={{ page: 'series', rollup, values }}>
      {rollup}: {formatValues(values)}
    </Link>
  );
}
