// What alerts did, the latest first.
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import { AlertSubject } from './alert-table.tsx';
import { Status } from './status.tsx';
import { Time } from './time.tsx';

export function TransitionTable({ transitions }: { readonly transitions: readonly AlertAnswer[] }) {
  return (
    <section class="scroll short" tabIndex={0} aria-label="Table of transitions">
      <table class="alerts">
        <thead>
          <tr>
            <th scope="col">To</th>
            <th scope="col">Alert</th>
            <th scope="col">Subject</th>
            <th scope="col">Why</th>
            <th scope="col">Window from</th>
          </tr>
        </thead>
        <tbody>
          {transitions.map((alert) => (
            <tr key={`${alert.rule} ${alert.series} ${alert.sequence}`}>
              <td data-label="To">
                <Status status={alert.status} severity={alert.severity} />
              </td>
              <th scope="row" data-label="Alert">
                {alert.rule}
              </th>
              <td data-label="Subject">
                <AlertSubject alert={alert} />
              </td>
              <td data-label="Why" class="why">
                {alert.reason}
              </td>
              <td data-label="Window from">
                {alert.sinceMs !== undefined && <Time atMs={alert.sinceMs} day={false} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
