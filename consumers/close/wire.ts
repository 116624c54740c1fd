import type { FunctionHost } from '../../src/host/function-host.ts';
import { TELEMETRY_STREAMS } from '../../src/platform/names.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import { type CloseDeps, createClose } from './close.ts';
import { readUpTo } from './read-up-to.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'shards' | 'setting' | 'log' | 'meter' | 'clock'>;

export const wire = (host: Host) => createClose(closeDeps(host));

export function closeDeps({ pipeline, table, shards, setting, log, meter, clock }: Host): CloseDeps {
  const progress = new StreamProgress(table('readers'));
  const streams = setting(TELEMETRY_STREAMS)
    .split(',')
    .filter((arn) => arn !== '')
    .map((arn) => shards(arn));
  return {
    pipeline,
    states: new SourceStates(table('sources')),
    readUpTo: () => readUpTo({ streams, progress, log }),
    log,
    meter,
    nowMs: () => clock.nowMs(),
  };
}
