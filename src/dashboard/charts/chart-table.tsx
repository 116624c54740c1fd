// A chart's figures as a table, the latest first.
import { formatTime, formatUtc } from '../data/format.ts';
import { type ChartProps, wholeOf } from './chart-model.ts';

const MOST_ROWS = 120;

export function ChartTable({ title, x, lines, band, format }: ChartProps) {
  const columns = [
    ...lines.map(({ label, columns }) => ({ label, values: wholeOf(columns) })),
    ...(band === undefined
      ? []
      : [
          { label: 'min', values: wholeOf(band.lower) },
          { label: 'max', values: wholeOf(band.upper) },
        ]),
  ];
  const [first] = lines;
  const rows = x
    .map((second, at) => ({ second, at }))
    .filter(({ at }) => columns.some(({ values }) => typeof values[at] === 'number'))
    .toReversed()
    .slice(0, MOST_ROWS);
  return (
    <section class="scroll short" tabIndex={0} aria-label={`Table: ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Window from</th>
            {columns.map(({ label }) => (
              <th scope="col" class="number" key={label}>
                {label}
              </th>
            ))}
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ second, at }) => (
            <tr key={second}>
              <th scope="row">
                <time dateTime={new Date(second * 1_000).toISOString()} title={formatUtc(second * 1_000)}>
                  {formatTime(second * 1_000, { day: true })}
                </time>
              </th>
              {columns.map(({ label, values }) => {
                const value = values[at];
                return (
                  <td class="number" key={label}>
                    {typeof value === 'number' ? format(value) : '–'}
                  </td>
                );
              })}
              <td>{typeof first?.columns.final[at] === 'number' ? 'final' : 'provisional'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
