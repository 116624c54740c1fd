// One source in the table. While it is in sight, and not only passing by, its windows are told live.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Sparkline } from '../charts/sparkline.tsx';
import { metricNames, metricOf } from '../data/chart-columns.ts';
import { useData } from '../data/context.ts';
import { formatFigure, formatRate } from '../data/format.ts';
import type { SourceRow } from '../data/sort-sources.ts';
import { type LiveSet, useLive } from '../data/use-live.ts';
import { Link } from '../parts/link.tsx';
import { Status } from '../parts/status.tsx';
import { Age } from '../parts/time.tsx';

/** So long after the table was last scrolled: who scrolls by asks for nothing. */
const SETTLE_MS = 350;
const WINDOWS = 20;

/** When the table was last scrolled, by the page's clock. */
export interface Scrolled {
  readonly current: number;
}

export interface SourceTableRowProps {
  readonly row: SourceRow;
  readonly index: number;
  readonly nowMs: number;
  readonly scrolledMs: Scrolled;
}

export function SourceTableRow({ row, index, nowMs, scrolledMs }: SourceTableRowProps) {
  const { source, alert, perSecond } = row;
  const live = useWhenSettled(source.source, scrolledMs);
  const told = [...live.series.values()].flat();
  // The aggregation that tells the most windows shows best how things go.
  const byAggregation = Map.groupBy(told, ({ aggregation = '' }) => aggregation);
  const [most = []] = [...byAggregation.values()].sort((a, b) => b.length - a.length);
  const windows = most.map(({ window }) => window).slice(-WINDOWS);
  const [metric] = metricNames(windows);
  const values = windows.map((window) =>
    metric === undefined ? window.events : (metricOf(window, metric)?.mean ?? null),
  );
  const latest = windows.at(-1);
  const summary = latest === undefined || metric === undefined ? undefined : metricOf(latest, metric);
  return (
    <tr aria-rowindex={index} data-source={source.source} data-live={live.isReady ? '' : undefined}>
      <th scope="row">
        <Link to={{ page: 'source', source: source.source }}>{source.source}</Link>
      </th>
      <td>
        {source.unreadable !== undefined ? (
          <span title={source.unreadable}>unreadable</span>
        ) : alert === undefined ? (
          <span class="muted">–</span>
        ) : (
          <Status status={alert.status} severity={alert.severity} />
        )}
      </td>
      <td class="wide tags">{(source.tags ?? []).map(({ value }) => value).join(' · ')}</td>
      <td class="wide">
        {summary !== undefined && (
          <>
            <span class="muted">{metric}</span> {formatFigure(summary.last ?? summary.mean)}
          </>
        )}
      </td>
      <td class="spark">{values.length > 1 && <Sparkline values={values} />}</td>
      <td class="number middle">{perSecond === undefined ? '…' : formatRate(perSecond)}</td>
      <td class="number">
        {source.lastArrivalMs !== undefined && <Age atMs={source.lastArrivalMs} nowMs={nowMs} />}
      </td>
    </tr>
  );
}

/** Asked for when the row has been in sight for a moment, and few others are being answered. */
function useWhenSettled(source: string, scrolledMs: Scrolled): LiveSet {
  const { snapshots } = useData();
  const [isTurn, setIsTurn] = useState(false);
  const release = useRef(() => {});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const settle = (waitMs: number) => {
      timer = setTimeout(() => {
        const leftMs = scrolledMs.current + SETTLE_MS - performance.now();
        if (leftMs > 0) settle(leftMs);
        else release.current = snapshots.take(() => setIsTurn(true));
      }, waitMs);
    };
    settle(SETTLE_MS);
    return () => {
      clearTimeout(timer);
      release.current();
      release.current = () => {};
    };
  }, [snapshots, scrolledMs]);
  const live = useLive(isTurn ? { source, windows: WINDOWS } : undefined);
  const isAnswered = live.isReady || live.refused !== undefined;
  useEffect(() => {
    if (!isAnswered) return;
    release.current();
    release.current = () => {};
  }, [isAnswered]);
  return live;
}
