import type { FunctionHost } from '../../src/host/function-host.ts';
import { outletOf } from '../../src/host/outlet-of.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RollupBeginnings } from '../../src/stores/rollup-beginnings.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { Windows } from '../../src/stores/windows.ts';
import type { RollupDeps } from './rollup.ts';
import { createRollup } from './rollup.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'option' | 'log' | 'meter' | 'clock' | 'random'>;

export const wire = (
  { pipeline, table, option, log, meter, clock, random }: Host,
  options: Pick<RollupDeps, 'partCapacity'> = {},
) =>
  createRollup({
    ...options,
    pipeline,
    windows: new Windows(table('windows')),
    beginnings: new RollupBeginnings(table('windows')),
    deadLetters: new DeadLetters(table('deadLetters')),
    readers: {
      directory: new RollupDirectory(table('readers'), () => clock.nowMs()),
      live: new LiveConnections(table('live')),
    },
    outlet: outletOf({ table, option }),
    log,
    meter,
    nowMs: () => clock.nowMs(),
    // A write takes some 5 ms: writers that met once are spread over more and more of them.
    retryPause: (round) => clock.sleep(Math.round(10 * 2 ** round * random())),
  });
