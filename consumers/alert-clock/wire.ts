import type { FunctionHost } from '../../src/host/function-host.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createAlertClock } from './alert-clock.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter' | 'clock'>;

export const wire = ({ pipeline, table, log, meter, clock }: Host) =>
  createAlertClock({
    pipeline,
    alerts: new Alerts(table('alerts')),
    states: new SourceStates(table('sources')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
  });
