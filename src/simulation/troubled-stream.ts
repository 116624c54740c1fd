// A stream whose reads fail as planned.

import type { ShardId } from '../core/brands.ts';
import type {
  OpenAnswer,
  ReadAnswer,
  ShardDescription,
  ShardPosition,
  StreamSource,
} from '../event-source/ports.ts';
import type { FaultSchedule } from './fault-schedule.ts';
import type { StreamName } from './plan.ts';
import type { Trace } from './trace.ts';

export function troubledStream(
  inner: StreamSource,
  {
    name,
    faults,
    trace,
  }: { readonly name: StreamName; readonly faults: FaultSchedule; readonly trace: Trace },
): StreamSource {
  let reads = 0;
  return {
    kind: inner.kind,
    arn: inner.arn,
    listShards: (): Promise<readonly ShardDescription[]> => inner.listShards(),
    openIterator: (shard: ShardId, position: ShardPosition): Promise<OpenAnswer> =>
      inner.openIterator(shard, position),
    async read(shard, iterator, limit): Promise<ReadAnswer> {
      reads += 1;
      const fault = faults.ofRead(name, reads);
      if (fault === undefined) return await inner.read(shard, iterator, limit);
      trace.note(`${name} read ${fault.read}: ${fault.answer}`);
      switch (fault.answer) {
        case 'throws':
          throw new Error('the stream is out of reach');
        case 'unavailable':
          return { kind: 'unavailable', reason: 'read throughput exceeded' };
        case 'iterator-expired':
          return { kind: 'iterator-expired' };
      }
    },
  };
}
