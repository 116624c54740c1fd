// The rollups there are, and the series of each.
import { rollupSeriesSchema } from '../../wire/api/answers.ts';
import { useData } from '../data/context.ts';
import { formatCount, formatValues } from '../data/format.ts';
import { loadAll } from '../data/load-all.ts';
import { useLists } from '../data/use-lists.ts';
import { usePolled } from '../data/use-polled.ts';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';

const MAX_SERIES = 2_000;

export function RollupsView({ rollup }: { readonly rollup: string | undefined }) {
  const { value, trouble } = useLists().pipeline;
  const shown = value?.rollups.filter(({ name }) => rollup === undefined || name === rollup) ?? [];
  return (
    <>
      {rollup !== undefined && (
        <p class="crumbs">
          <Link to={{ page: 'rollups', rollup: undefined }}>Rollups</Link> / {rollup}
        </p>
      )}
      <h1 tabIndex={-1}>{rollup ?? 'Rollups'}</h1>
      {trouble !== undefined && <Notice kind="trouble">{trouble}</Notice>}
      {value !== undefined && shown.length === 0 && (
        <Notice>
          {rollup === undefined ? 'The pipeline has no rollups.' : `The pipeline has no rollup ${rollup}.`}
        </Notice>
      )}
      {shown.map(({ name, of, levels }) => (
        <section key={name} class="panel" aria-labelledby={`rollup-${name}`}>
          <h2 id={`rollup-${name}`}>{name}</h2>
          <p class="muted">
            {of} over all sources, by {levels.map((tags) => tags.join(' and ') || 'everything').join('; by ')}
          </p>
          <SeriesList rollup={name} isWhole={rollup !== undefined} />
        </section>
      ))}
    </>
  );
}

const SHORT = 24;

function SeriesList({ rollup, isWhole }: { readonly rollup: string; readonly isWhole: boolean }) {
  const { api } = useData();
  const { value, trouble } = usePolled({
    key: rollup,
    everyMs: 30_000,
    load: (signal) =>
      loadAll(api, {
        path: `/v1/rollups/${encodeURIComponent(rollup)}`,
        schema: rollupSeriesSchema,
        entriesOf: ({ series }) => series,
        limit: 500,
        atMost: MAX_SERIES,
        signal,
      }),
  });
  if (trouble !== undefined) return <Notice kind="trouble">{trouble}</Notice>;
  if (value === undefined) return <Notice>Loading…</Notice>;
  if (value.entries.length === 0) return <Notice>No series yet.</Notice>;
  const sorted = value.entries.toSorted(
    (a, b) =>
      a.values.length - b.values.length || NAMES.compare(formatValues(a.values), formatValues(b.values)),
  );
  // Those that were added last, matches above all, are the ones looked for.
  const shown = isWhole ? sorted : sorted.slice(-SHORT);
  return (
    <ul class="links">
      {shown.map(({ values }) => (
        <li key={formatValues(values)}>
          <Link to={{ page: 'series', rollup, values }}>{formatValues(values)}</Link>
        </li>
      ))}
      {shown.length < sorted.length && (
        <li>
          <Link to={{ page: 'rollups', rollup }}>all {formatCount(sorted.length)}</Link>
        </li>
      )}
      {value.isCut && <li class="muted">and more than {formatCount(MAX_SERIES)}</li>}
    </ul>
  );
}

const NAMES = new Intl.Collator('en', { numeric: true });
