// One series of a rollup: a site, a model, a match.
import { useState } from 'preact/hooks';
import { rollupSeries } from '../../core/series.ts';
import { writeTagValues } from '../../wire/api/tag-values.ts';
import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { WindowCharts } from '../charts/window-charts.tsx';
import { formatCount, formatFigure, formatShare, formatValues } from '../data/format.ts';
import { isMatch, isScore, matchFacts, seriesTitle } from '../data/series-title.ts';
import { partOf } from '../data/state-of.ts';
import { useLists } from '../data/use-lists.ts';
import { useNow } from '../data/use-now.ts';
import { QUANTILES, useWindows } from '../data/use-windows.ts';
import { AlertTable } from '../parts/alert-table.tsx';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';
import { type RangeMs, Ranges } from '../parts/ranges.tsx';
import { Tile } from '../parts/tile.tsx';
import { Age } from '../parts/time.tsx';

export interface SeriesViewProps {
  readonly rollup: string;
  readonly values: readonly (string | null)[];
}

export function RollupSeriesView({ rollup, values: written }: SeriesViewProps) {
  const { pipeline, alerts } = useLists();
  const nowMs = useNow();
  const [rangeMs, setRangeMs] = useState<RangeMs>(3_600_000);
  const [show, setShow] = useState<Shown | undefined>(undefined);
  const definition = pipeline.value?.rollups.find(({ name }) => name === rollup);
  const isWhole = definition?.levels.some((tags) => tags.length === 0) === true && written.join('') === '';
  const values = isWhole ? [] : written;
  const tags = definition?.levels.find((level) => level.length === values.length) ?? [];
  const aggregation = pipeline.value?.aggregations.find(({ name }) => name === definition?.of);
  const ofMatch = isMatch(tags);
  const figures = show ?? (ofMatch ? 'scores' : 'mean');
  const { windows, isReady, trouble, live } = useWindows({
    path: `/v1/rollups/${encodeURIComponent(rollup)}/${encodeURIComponent(writeTagValues(values))}/windows`,
    hasQuantiles: aggregation?.aggregates.includes('quantiles') === true,
    live: { rollup, values, windows: 120 },
    isOurs: () => true,
    sinceMs: Math.floor(nowMs / 60_000) * 60_000 - rangeMs,
  });
  const series = rollupSeries(rollup, values);
  const own = alerts.alerts?.filter((alert) => alert.series === series) ?? [];
  return (
    <>
      <p class="crumbs">
        <Link to={{ page: 'rollups', rollup: undefined }}>Rollups</Link> /{' '}
        <Link to={{ page: 'rollups', rollup }}>{rollup}</Link>
      </p>
      <h1 tabIndex={-1}>{seriesTitle(tags, values)}</h1>
      <ul class="chips" aria-label="Tags">
        {tags.map((tag, at) => (
          <li key={tag}>
            <span class="muted">{tag}</span> {formatValues([values[at] ?? null])}
          </li>
        ))}
      </ul>
      {ofMatch ? (
        <MatchFigures windows={windows} nowMs={nowMs} changedMs={live.changedMs} />
      ) : (
        <SeriesFigures windows={windows} />
      )}
      <section class="panel" aria-labelledby="windows-heading">
        <div class="bar">
          <h2 id="windows-heading">Windows</h2>
          <fieldset class="segments">
            <legend class="visually-hidden">Show metrics as</legend>
            {(ofMatch ? MATCH_SHOWS : SHOWS).map((each) => (
              <button key={each} type="button" aria-pressed={figures === each} onClick={() => setShow(each)}>
                {SHOWN_AS[each].name}
              </button>
            ))}
          </fieldset>
          <Ranges value={rangeMs} onChange={setRangeMs} />
        </div>
        {trouble !== undefined && <Notice kind="trouble">{trouble}</Notice>}
        {windows.length === 0 ? (
          <Notice>{isReady ? 'No windows in this time.' : 'Loading…'}</Notice>
        ) : (
          <WindowCharts
            windows={windows}
            isSum={SHOWN_AS[figures].isSum}
            quantiles={QUANTILES}
            nameOfDistinct={(field) => (ofMatch && field === 'source' ? 'Players' : `Distinct ${field}`)}
          />
        )}
      </section>
      <TopTexts windows={windows} />
      {own.length > 0 && (
        <section class="panel" aria-labelledby="series-alerts-heading">
          <h2 id="series-alerts-heading">Alerts</h2>
          <AlertTable alerts={own} hideSubject />
        </section>
      )}
    </>
  );
}

type Shown = 'scores' | 'mean' | 'sum';

const SHOWS = ['mean', 'sum'] as const;
const MATCH_SHOWS = ['scores', 'mean', 'sum'] as const;
const SHOWN_AS: Readonly<
  Record<Shown, { readonly name: string; readonly isSum: (metric: string) => boolean }>
> = {
  scores: { name: 'scores as sums', isSum: isScore },
  mean: { name: 'mean and range', isSum: () => false },
  sum: { name: 'sum', isSum: () => true },
};

interface MatchFiguresProps {
  readonly windows: readonly WindowAnswer[];
  readonly nowMs: number;
  readonly changedMs: number | undefined;
}

function MatchFigures({ windows, nowMs, changedMs }: MatchFiguresProps) {
  const { players, totals, levels, events, kinds } = matchFacts(windows);
  return (
    <dl class="tiles small">
      <Tile name="Players" note="in the latest window">
        {players === undefined ? '–' : formatCount(players)}
      </Tile>
      {totals.map(({ name, sum }) => (
        <Tile key={name} name={name} note="so far">
          {formatFigure(sum)}
        </Tile>
      ))}
      {kinds
        .filter(({ text }) => text === 'kill')
        .map(({ text, count }) => (
          <Tile key={text} name="kills" note="so far">
            {formatCount(count)}
          </Tile>
        ))}
      {levels.map(({ name, mean }) => (
        <Tile key={name} name={name} note="mean, latest window">
          {formatFigure(mean)}
        </Tile>
      ))}
      <Tile name="events" note={changedMs === undefined ? 'so far' : <Age atMs={changedMs} nowMs={nowMs} />}>
        <span data-latest="(events)">{formatCount(events)}</span>
      </Tile>
    </dl>
  );
}

function SeriesFigures({ windows }: { readonly windows: readonly WindowAnswer[] }) {
  const latest = windows.findLast(({ final }) => final) ?? windows.at(-1);
  if (latest === undefined) return null;
  return (
    <dl class="tiles small">
      {latest.metrics.map(({ name, mean, min, max }) => (
        <Tile key={name} name={name} note={`${formatFigure(min)} to ${formatFigure(max)}`}>
          {formatFigure(mean)}
        </Tile>
      ))}
      <Tile
        name="events"
        note={`${latest.final ? 'in the latest closed window' : 'in the open window so far'}${partOf(latest.partial)}`}
      >
        {formatCount(latest.events)}
      </Tile>
    </dl>
  );
}

/** The most frequent texts of the time shown. */
function TopTexts({ windows }: { readonly windows: readonly WindowAnswer[] }) {
  const { top } = matchFacts(windows);
  return (
    <>
      {top.map(({ of, entries }) => {
        const all = entries.reduce((sum, { count }) => sum + count, 0);
        return (
          <section key={of} class="panel" aria-labelledby={`top-${of}`}>
            <h2 id={`top-${of}`}>Most frequent {of}</h2>
            <table class="shares">
              <thead>
                <tr>
                  <th scope="col">{of}</th>
                  <th scope="col" class="number">
                    Events
                  </th>
                  <th scope="col">Share</th>
                </tr>
              </thead>
              <tbody>
                {entries.map(({ text, count, lacks }) => (
                  <tr key={text}>
                    <th scope="row">{text}</th>
                    <td class="number">
                      {formatCount(count)}
                      {lacks === 0 ? '' : ` to ${formatCount(count + lacks)}`}
                    </td>
                    <td>
                      <span class="share" style={{ '--share': `${(100 * count) / all}%` }}>
                        {formatShare(count, all)}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        );
      })}
    </>
  );
}
