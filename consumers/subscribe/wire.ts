import { byGeneration } from '../../src/host/by-generation.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { KEY_CACHE_SECONDS } from '../../src/platform/door.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { TokenStanding } from '../../src/stores/token-standing.ts';
import { Windows } from '../../src/stores/windows.ts';
import { KeyCache } from '../../src/wire/key-cache.ts';
import { createSubscribe } from './subscribe.ts';

type Host = Pick<
  FunctionHost,
  'pipeline' | 'table' | 'option' | 'secret' | 'poster' | 'clock' | 'random' | 'log' | 'meter'
>;

export function wire(host: Host) {
  const { secret, poster, clock, random, log, meter } = host;
  const liveTable = host.table('live');
  const nowMs = () => clock.nowMs();
  return byGeneration(host, (table, pipeline) =>
    createSubscribe({
      pipeline,
      states: new SourceStates(table('sources')),
      windows: new Windows(table('windows')),
      directory: new RollupDirectory(table('readers')),
      alerts: new Alerts(table('alerts')),
      recent: new RecentAlerts(liveTable),
      connections: new LiveConnections(liveTable),
      standing: new TokenStanding({
        tokens: new IssuedTokens(table('tokens')),
        keys: new KeyCache({ read: secret('verifyingKeys'), nowMs, maxAgeMs: KEY_CACHE_SECONDS * 1_000 }),
        nowMs,
        // Who asks for more is looked up.
        maxAgeMs: 0,
      }),
      poster: poster('live'),
      clock,
      random,
      log,
      meter,
    }),
  );
}
