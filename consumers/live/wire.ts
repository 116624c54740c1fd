import type { FunctionHost } from '../../src/host/function-host.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createLive } from './live.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'poster' | 'clock' | 'random' | 'log' | 'meter'>;

export function wire({ pipeline, table, poster, clock, random, log, meter }: Host) {
  const liveTable = table('live');
  return createLive({
    pipeline,
    windows: new Windows(table('windows')),
    recent: new RecentAlerts(liveTable),
    connections: new LiveConnections(liveTable),
    poster: poster('live'),
    clock,
    random,
    log,
    meter,
  });
}
