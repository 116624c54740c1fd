// The operators' graphs of a run on this machine: those of the stack's dashboard in CloudWatch, in its order.
import { Sparkline } from '../charts/sparkline.tsx';
import { formatCount } from '../data/format.ts';
import { loadOperations, type OperationsGraph, type OperationsSeries, rowsOf } from '../data/operations.ts';
import { usePolled } from '../data/use-polled.ts';
import { Notice } from '../parts/notice.tsx';

const EVERY_MS = 5_000;

export function OperationsView() {
  const { value, trouble, missing } = usePolled({
    key: 'operations',
    everyMs: EVERY_MS,
    load: (signal) => loadOperations(fetch.bind(window), signal),
  });
  return (
    <>
      <h1 tabIndex={-1}>Operations</h1>
      <p class="muted">
        The metrics of the stack’s dashboard in CloudWatch, by what this run has published: the last hour
        minute by minute, and the sum or greatest of this minute and the one before.
      </p>
      {(trouble ?? missing) !== undefined && <Notice kind="trouble">{trouble ?? missing}</Notice>}
      {value === undefined
        ? missing === undefined && <Notice>Reading the metrics…</Notice>
        : rowsOf(value).map((row) => (
            <div key={row[0]?.y} class="operations">
              {row.map((graph) => (
                <Graph key={graph.title} graph={graph} />
              ))}
            </div>
          ))}
    </>
  );
}

function Graph({ graph: { title, series } }: { readonly graph: OperationsGraph }) {
  const told = series.filter(({ values }) => values.some((value) => value !== null));
  const silent = series.filter((each) => !told.includes(each)).map(({ label }) => label);
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      {told.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Last hour</th>
              <th scope="col" class="number">
                Minute before
              </th>
              <th scope="col" class="number">
                This minute
              </th>
            </tr>
          </thead>
          <tbody>
            {told.map((each) => (
              <SeriesRow key={each.label} series={each} />
            ))}
          </tbody>
        </table>
      )}
      {silent.length > 0 && <p class="muted">Nothing in the last hour: {silent.join(', ')}</p>}
    </section>
  );
}

function SeriesRow({ series: { label, values } }: { readonly series: OperationsSeries }) {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>
        <Sparkline values={values} />
      </td>
      <td class="number">{shown(values.at(-2))}</td>
      <td class="number">{shown(values.at(-1))}</td>
    </tr>
  );
}

function shown(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : formatCount(Math.round(value));
}
