import type { FunctionHost } from '../../src/host/function-host.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createSubscribe } from './subscribe.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'poster' | 'clock' | 'random' | 'log' | 'meter'>;

export function wire({ pipeline, table, poster, clock, random, log, meter }: Host) {
  const liveTable = table('live');
  return createSubscribe({
    pipeline,
    states: new SourceStates(table('sources')),
    windows: new Windows(table('windows')),
    directory: new RollupDirectory(table('readers')),
    alerts: new Alerts(table('alerts')),
    recent: new RecentAlerts(liveTable),
    connections: new LiveConnections(liveTable),
    poster: poster('live'),
    clock,
    random,
    log,
    meter,
  });
}
