// One source: its latest values, its metrics over time, its counts, its alerts.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { PipelineAnswer, SourceDetailAnswer } from '../../wire/api/answers.ts';
import { alertsSchema, sourceDetailSchema } from '../../wire/api/answers.ts';
import { WindowCharts } from '../charts/window-charts.tsx';
import { useData } from '../data/context.ts';
import { formatCount, formatDuration, formatFigure, formatShare } from '../data/format.ts';
import { mergeAlerts } from '../data/merge-alerts.ts';
import { rankOf } from '../data/sort-sources.ts';
import { partOf } from '../data/state-of.ts';
import { useLists } from '../data/use-lists.ts';
import { useNow } from '../data/use-now.ts';
import { usePolled } from '../data/use-polled.ts';
import { QUANTILES, useWindows } from '../data/use-windows.ts';
import { AlertTable } from '../parts/alert-table.tsx';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';
import { type RangeMs, Ranges } from '../parts/ranges.tsx';
import { SessionTable } from '../parts/session-table.tsx';
import { StateTimelines } from '../parts/state-timelines.tsx';
import { Tile } from '../parts/tile.tsx';
import { Age, Time } from '../parts/time.tsx';

export function SourceView({ source }: { readonly source: string }) {
  const { api } = useData();
  const { pipeline, alerts } = useLists();
  const nowMs = useNow();
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [rangeMs, setRangeMs] = useState<RangeMs>(3_600_000);
  const path = `/v1/sources/${encodeURIComponent(source)}`;
  const detail = usePolled({
    key: path,
    everyMs: 5_000,
    load: (signal) => api.get(path, sourceDetailSchema, { signal }),
  });
  const known = detail.value;
  const names = known?.aggregations.map(({ name }) => name) ?? [];
  const aggregations = (pipeline.value?.aggregations ?? []).filter(({ name }) => names.includes(name));
  const aggregation = aggregations.find(({ name }) => name === chosen) ?? aggregations[0];
  const judged = usePolled({
    key: `alerts of ${source}`,
    everyMs: 30_000,
    load: (signal) => api.get('/v1/alerts', alertsSchema, { query: { source, limit: 200 }, signal }),
  });
  const own = mergeAlerts(
    judged.value?.alerts ?? [],
    (alerts.alerts ?? []).filter((alert) => alert.source === source),
  ).toSorted((a, b) => rankOf(a) - rankOf(b));
  return (
    <>
      <p class="crumbs">
        <Link to={{ page: 'overview' }}>Fleet</Link> / source
      </p>
      <h1 tabIndex={-1}>{source}</h1>
      {detail.missing !== undefined && <Notice kind="trouble">{detail.missing}</Notice>}
      {detail.trouble !== undefined && <Notice kind="trouble">{detail.trouble}</Notice>}
      {known !== undefined && <SourceFacts known={known} nowMs={nowMs} />}
      {aggregation !== undefined && (
        <SourceWindows
          key={aggregation.name}
          source={source}
          path={`${path}/windows`}
          aggregation={aggregation}
          sinceMs={Math.floor(nowMs / 60_000) * 60_000 - rangeMs}
        >
          <div class="bar">
            <h2>Windows</h2>
            <label>
              Aggregation
              <select
                value={aggregation.name}
                onChange={({ currentTarget }) => setChosen(currentTarget.value)}
              >
                {aggregations.map(({ name, window }) => (
                  <option key={name} value={name}>
                    {name} ({window})
                  </option>
                ))}
              </select>
            </label>
            <Ranges value={rangeMs} onChange={setRangeMs} />
          </div>
        </SourceWindows>
      )}
      {known !== undefined && <SourceCounts counts={known.counts} />}
      <section class="panel" aria-labelledby="own-alerts-heading">
        <h2 id="own-alerts-heading">Alerts</h2>
        {own.length === 0 ? (
          <Notice>No alert of the pipeline has looked at this source yet.</Notice>
        ) : (
          <AlertTable alerts={own} hideSubject />
        )}
      </section>
    </>
  );
}

function SourceFacts({ known, nowMs }: { readonly known: SourceDetailAnswer; readonly nowMs: number }) {
  return (
    <>
      <ul class="chips" aria-label="Tags">
        {known.tags.map(({ tag, value }) => (
          <li key={tag}>
            <span class="muted">{tag}</span> {value}
          </li>
        ))}
      </ul>
      <p class="facts">
        Last seen <Age atMs={known.lastArrivalMs} nowMs={nowMs} />; its event time is{' '}
        <Time atMs={known.maxTimeMs} />
        {Math.abs(known.lastArrivalMs - known.maxTimeMs) > 30_000 &&
          `, ${formatDuration(known.lastArrivalMs - known.maxTimeMs)} ${known.maxTimeMs > known.lastArrivalMs ? 'ahead of' : 'behind'} its arrival`}
        .
      </p>
    </>
  );
}

function SourceCounts({ counts }: Pick<SourceDetailAnswer, 'counts'>) {
  return (
    <section class="panel" aria-labelledby="counts-heading">
      <h2 id="counts-heading">Verdicts on its events</h2>
      <dl class="tiles small">
        {(['received', 'applied', 'duplicate', 'late', 'quarantined'] as const).map((verdict) => (
          <Tile
            key={verdict}
            name={verdict}
            note={verdict === 'received' ? undefined : formatShare(counts[verdict], counts.received)}
          >
            {formatCount(counts[verdict])}
          </Tile>
        ))}
      </dl>
    </section>
  );
}

interface SourceWindowsProps {
  readonly source: string;
  readonly path: string;
  readonly aggregation: PipelineAnswer['aggregations'][number];
  readonly sinceMs: number;
  readonly children: ComponentChildren;
}

function SourceWindows({ source, path, aggregation, sinceMs, children }: SourceWindowsProps) {
  const { name, aggregates, window: kind } = aggregation;
  const { windows, isReady, trouble } = useWindows({
    path,
    aggregation: name,
    hasQuantiles: aggregates.includes('quantiles'),
    live: { source, windows: 120 },
    isOurs: (told) => told.aggregation === name || told.aggregation === undefined,
    sinceMs,
  });
  const latest = windows.at(-1);
  return (
    <>
      {latest !== undefined && (
        <section aria-label="Latest values">
          <dl class="tiles small latest">
            {latest.metrics.map((metric) => (
              <Tile
                key={metric.name}
                name={metric.name}
                note={
                  metric.last === undefined
                    ? 'mean of the latest window'
                    : `mean ${formatFigure(metric.mean)}`
                }
              >
                <span data-latest={metric.name}>{formatFigure(metric.last ?? metric.mean)}</span>
              </Tile>
            ))}
            <Tile
              name="events"
              note={`${latest.final ? 'in the latest window' : 'in the open window so far'}${partOf(latest.partial)}`}
            >
              <span data-latest="(events)">{formatCount(latest.events)}</span>
            </Tile>
          </dl>
        </section>
      )}
      <section class="panel">
        {children}
        {trouble !== undefined && <Notice kind="trouble">{trouble}</Notice>}
        {windows.length === 0 ? (
          <Notice>{isReady ? 'No windows in this time.' : 'Loading…'}</Notice>
        ) : kind.startsWith('session') ? (
          <SessionTable windows={windows} />
        ) : (
          <WindowCharts
            windows={windows}
            isSum={() => false}
            quantiles={QUANTILES}
            nameOfDistinct={(field) => `Distinct ${field}`}
          />
        )}
      </section>
      <StateTimelines windows={windows} />
    </>
  );
}
