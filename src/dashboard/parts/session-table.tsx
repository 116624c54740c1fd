// Sessions have no common length: a table says more of them than a chart.
import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { metricNames, metricOf } from '../data/chart-columns.ts';
import { formatCount, formatDuration, formatFigure } from '../data/format.ts';
import { stateOf } from '../data/state-of.ts';
import { Time } from './time.tsx';

export function SessionTable({ windows }: { readonly windows: readonly WindowAnswer[] }) {
  const names = metricNames(windows).slice(0, 4);
  return (
    <section class="scroll short" tabIndex={0} aria-label="Sessions">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Length</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Events
            </th>
            {names.map((name) => (
              <th key={name} scope="col" class="number">
                {name}, sum
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {windows.toReversed().map((window) => (
            <tr key={`${window.startMs} ${window.endMs}`}>
              <th scope="row">
                <Time atMs={window.startMs} />
              </th>
              <td>{formatDuration(window.endMs - window.startMs)}</td>
              <td>{stateOf(window)}</td>
              <td class="number">{formatCount(window.events)}</td>
              {names.map((name) => (
                <td key={name} class="number">
                  {formatFigure(metricOf(window, name)?.sum)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
