import type { FunctionHost } from '../../src/host/function-host.ts';
import { toBus, toStream } from './destination.ts';
import { createOutlet } from './outlet.ts';

type Host = Pick<FunctionHost, 'stream' | 'bus' | 'setting' | 'log' | 'meter' | 'clock'>;

export const wire = ({ stream, bus, setting, log, meter, clock }: Host) =>
  createOutlet({
    destination: setting('outletTo') === 'eventbridge' ? toBus(bus('outlet')) : toStream(stream('outlet')),
    log,
    meter,
    clock,
  });
