// Readers whose counts of records are wrong, each in a way that the audit must find.
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import {
  type HandledRecords,
  type ShardPlace,
  ShardProgress,
} from '../../consumers/aggregate/shard-progress.ts';
import { aggregateDeps } from '../../consumers/aggregate/wire.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';

export const BROKEN_COUNTS: Readonly<Record<string, Replacements>> = {
  'an aggregate that counts what is delivered again': {
    aggregate: (host) =>
      createAggregate({
        ...aggregateDeps(host),
        shards: new ShardProgress({ ...progressDeps(host), progress: new Recounting(host.table('readers')) }),
      }),
  },
  'an aggregate that passes over the first record of a batch of several': {
    aggregate: (host) => createAggregate({ ...aggregateDeps(host), shards: new Passing(progressDeps(host)) }),
  },
};

function progressDeps({ table, shards }: Pick<FunctionHost, 'table' | 'shards'>) {
  const lineage = (arn: string) => shards(arn).listShards();
  return { progress: new StreamProgress(table('readers')), lineage };
}

/** Takes every record for one that comes behind those that were handled. */
class Recounting extends StreamProgress {
  override async note(...[at, handled, known]: Parameters<StreamProgress['note']>) {
    const stored = known ?? (await this.load(at.stream, [at.shard])).get(at.shard);
    return await super.note(
      at,
      handled,
      stored === undefined ? undefined : { ...stored, readTo: undefined, fromHour: 0 },
    );
  }
}

class Passing extends ShardProgress {
  override async note(place: ShardPlace, { records, ticks }: HandledRecords): Promise<void> {
    await super.note(place, { records: records.length > 1 ? records.slice(1) : records, ticks });
  }
}
