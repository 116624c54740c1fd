import type { FunctionHost } from '../../src/host/function-host.ts';
import { createIncoming } from './incoming.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'objects' | 'stream' | 'clock' | 'random' | 'log' | 'meter'>;

export const wire = ({ pipeline, objects, stream, clock, random, log, meter }: Host) =>
  createIncoming({
    pipeline,
    bucket: objects('incoming'),
    stream: stream('telemetry'),
    clock,
    random,
    log,
    meter,
  });
