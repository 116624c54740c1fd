import type { FunctionHost } from '../../src/host/function-host.ts';
import { createPublish } from './publish.ts';

type Host = Pick<FunctionHost, 'bus' | 'log' | 'meter' | 'clock'>;

export const wire = ({ bus, log, meter, clock }: Host) =>
  createPublish({ bus: bus('alerts'), log, meter, clock });
