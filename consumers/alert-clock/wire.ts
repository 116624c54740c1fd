import type { FunctionHost } from '../../src/host/function-host.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createAlertClock } from './alert-clock.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter'>;

export const wire = ({ pipeline, table, log, meter }: Host) => {
  const progress = new StreamProgress(table('readers'));
  return createAlertClock({
    pipeline,
    alerts: new Alerts(table('alerts')),
    states: new SourceStates(table('sources')),
    windows: new Windows(table('windows')),
    directory: new RollupDirectory(table('readers')),
    readUpToMs: () => progress.loadHorizon(),
    log,
    meter,
  });
};
