// The fleet at a glance: totals, rollups, and every source.

import { formatCount, formatDuration, formatRate } from '../data/format.ts';
import { writeRoute } from '../data/route.ts';
import { useLedger, useLists, useSourceRows } from '../data/use-lists.ts';
import { useNow } from '../data/use-now.ts';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tile } from '../parts/tile.tsx';
import { RollupPanel } from './rollup-panel.tsx';
import { SourceTable } from './source-table.tsx';

export function OverviewView() {
  const { pipeline, alerts } = useLists();
  const ledger = useLedger();
  const sources = useSourceRows(alerts.alerts);
  const nowMs = useNow(5_000);
  const firing = alerts.alerts?.filter(({ status }) => status === 'firing') ?? [];
  const critical = firing.filter(({ severity }) => severity === 'critical').length;
  const { rows } = sources;
  const open = rows?.reduce((sum, { source }) => sum + (source.openWindows ?? 0), 0);
  const recent = rows?.filter(({ source }) => nowMs - (source.lastArrivalMs ?? 0) < 60_000).length;
  const books = ledger.value;
  return (
    <>
      <h1 tabIndex={-1}>Fleet</h1>
      <dl class="tiles">
        <Tile
          name="Events a second"
          note={
            sources.overMs === undefined
              ? 'counting'
              : `over the last ${formatDuration(Math.round(sources.overMs / 1_000) * 1_000)}`
          }
        >
          {sources.perSecond === undefined ? '…' : formatRate(sources.perSecond)}
        </Tile>
        <Tile
          name="Sources"
          note={recent === undefined ? undefined : `${formatCount(recent)} seen within a minute`}
        >
          {rows === undefined ? '…' : `${formatCount(rows.length)}${sources.isCut ? '+' : ''}`}
        </Tile>
        <Tile name="Open windows" note="provisional until they close">
          {open === undefined ? '…' : formatCount(open)}
        </Tile>
        <Tile
          name="Alerts firing"
          tone={critical > 0 ? 'bad' : firing.length > 0 ? 'warn' : undefined}
          note={
            <Link to={{ page: 'alerts' }}>
              {critical > 0 ? `${formatCount(critical)} critical: show all` : 'show all'}
            </Link>
          }
        >
          {alerts.alerts === undefined ? '…' : formatCount(firing.length)}
        </Tile>
        <Tile
          name="Books"
          tone={books === undefined ? undefined : books.balanced ? 'good' : 'bad'}
          note={<a href={writeRoute({ page: 'ledger' })}>each event has one verdict</a>}
        >
          {books === undefined ? '…' : books.balanced ? '✓ balanced' : '✗ not balanced'}
        </Tile>
      </dl>
      {pipeline.value !== undefined && pipeline.value.rollups.length > 0 && (
        <RollupPanel rollups={pipeline.value.rollups} />
      )}
      {sources.trouble !== undefined && <Notice kind="trouble">Sources: {sources.trouble}</Notice>}
      <SourceTable rows={rows} isCut={sources.isCut} />
    </>
  );
}
