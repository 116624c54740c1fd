import type { FunctionHost } from '../../src/host/function-host.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { type AggregateDeps, createAggregate } from './aggregate.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter' | 'clock' | 'memoryMb'>;

export const wire = (host: Host) => createAggregate(aggregateDeps(host));

export function aggregateDeps({ pipeline, table, log, meter, clock, memoryMb }: Host): AggregateDeps {
  return {
    pipeline,
    states: new SourceStates(table('sources')),
    deadLetters: new DeadLetters(table('deadLetters')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
    memoryMb: memoryMb(),
  };
}
