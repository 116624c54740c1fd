import type { FunctionHost } from '../../src/host/function-host.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { DeviceTable } from '../../src/stores/device-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import { type AggregateDeps, createAggregate } from './aggregate.ts';
import { DeviceCache } from './device-cache.ts';
import { ShardProgress } from './shard-progress.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'shards' | 'log' | 'meter' | 'clock' | 'memoryMb'>;

export const wire = (host: Host) => createAggregate(aggregateDeps(host));

export function aggregateDeps({ pipeline, table, shards, log, meter, clock, memoryMb }: Host): AggregateDeps {
  const progress = new ShardProgress({
    progress: new StreamProgress(table('readers')),
    lineage: (arn) => shards(arn).listShards(),
  });
  return {
    pipeline,
    states: new SourceStates(table('sources')),
    deadLetters: new DeadLetters(table('deadLetters')),
    devices: pipeline.deviceTable
      ? new DeviceCache(new DeviceTable(table('devices')), () => clock.nowMs())
      : undefined,
    shards: progress,
    log,
    meter,
    nowMs: () => clock.nowMs(),
    memoryMb: memoryMb(),
  };
}
