import type { FunctionHost } from '../../src/host/function-host.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createClose } from './close.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter' | 'clock'>;

export const wire = ({ pipeline, table, log, meter, clock }: Host) =>
  createClose({
    pipeline,
    states: new SourceStates(table('sources')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
  });
