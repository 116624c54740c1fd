import type { FunctionHost } from '../../src/host/function-host.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createRetire } from './retire.ts';

type Host = Pick<FunctionHost, 'table' | 'log' | 'meter' | 'clock'>;

export const wire = ({ table, log, meter, clock }: Host) =>
  createRetire({ states: new SourceStates(table('sources')), log, meter, nowMs: () => clock.nowMs() });
