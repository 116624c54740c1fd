import { byGeneration } from '../../src/host/by-generation.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createQuery } from './query.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'option' | 'clock' | 'log' | 'meter'>;

export function wire(host: Host) {
  const { clock, log, meter } = host;
  return byGeneration(host, (table, pipeline) => {
    const readersTable = table('readers');
    return createQuery({
      pipeline,
      states: new SourceStates(table('sources')),
      windows: new Windows(table('windows')),
      deadLetters: new DeadLetters(table('deadLetters')),
      alerts: new Alerts(table('alerts')),
      directory: new RollupDirectory(readersTable),
      readersTable,
      clock,
      log,
      meter,
    });
  });
}
