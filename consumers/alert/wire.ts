import type { FunctionHost } from '../../src/host/function-host.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createAlert } from './alert.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter' | 'clock'>;

export const wire = ({ pipeline, table, log, meter, clock }: Host) =>
  createAlert({
    pipeline,
    alerts: new Alerts(table('alerts')),
    windows: new Windows(table('windows')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
  });
