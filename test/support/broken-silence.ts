// Parts that judge silence by something else than what has been read, each in a way that the simulation must find.
import { type AggregateDeps, createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { decodeBatch } from '../../consumers/aggregate/decode-batch.ts';
import { ShardProgress } from '../../consumers/aggregate/shard-progress.ts';
import { aggregateDeps } from '../../consumers/aggregate/wire.ts';
import { createClose } from '../../consumers/close/close.ts';
import { closeDeps } from '../../consumers/close/wire.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { TELEMETRY_STREAMS } from '../../src/platform/names.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';

export const BROKEN_SILENCE: Readonly<Record<string, Replacements>> = {
  'a closer that goes by the clock': {
    close: (host) => {
      const deps = closeDeps(host);
      const byClock = async () => ({ ...(await deps.readUpTo()), readUpToMs: deps.nowMs() });
      return createClose({ ...deps, readUpTo: byClock });
    },
  },
  'a closer that passes over shards that have had no tick, and forgets those they came from': {
    close: (host) => {
      const deps = closeDeps(host);
      return createClose({
        ...deps,
        readUpTo: async () => ({ ...(await deps.readUpTo()), readUpToMs: await leastOfTheOpen(host) }),
      });
    },
  },
  'an aggregate that notes a tick before it commits what came before': {
    aggregate: (host) => {
      const deps = aggregateDeps(host);
      const aggregate = createAggregate(deps);
      return async (event) => {
        await noteTicks(event.Records, deps);
        return await aggregate(event);
      };
    },
  },
  'an aggregate that notes the ticks behind what has failed': {
    aggregate: (host) => {
      const deps = aggregateDeps(host);
      const aggregate = createAggregate(deps);
      return async (event) => {
        const answer = await aggregate(event);
        await noteTicks(event.Records, deps);
        return answer;
      };
    },
  },
  'an aggregate that does not ask which tick came before a batch': {
    aggregate: (host) => createAggregate({ ...aggregateDeps(host), shards: new Unasked(progressDeps(host)) }),
  },
  'an aggregate that knows of no shard which it came from': {
    aggregate: (host) => {
      const shards = new ShardProgress({ ...progressDeps(host), lineage: async () => [] });
      return createAggregate({ ...aggregateDeps(host), shards });
    },
  },
};

/** Whatever becomes of the batch. */
async function noteTicks(
  records: readonly KinesisEventRecord[],
  { shards, pipeline }: Pick<AggregateDeps, 'shards' | 'pipeline'>,
): Promise<void> {
  const { ticks } = decodeBatch(records, pipeline);
  const [first] = ticks;
  if (first !== undefined) await shards.note(first, { records: [], ticks });
}

class Unasked extends ShardProgress {
  override async before(): Promise<undefined> {
    return undefined;
  }
}

function progressDeps({ table, shards }: Pick<FunctionHost, 'table' | 'shards'>) {
  const lineage = (arn: string) => shards(arn).listShards();
  return { progress: new StreamProgress(table('readers')), lineage };
}

async function leastOfTheOpen(
  host: Pick<FunctionHost, 'table' | 'shards' | 'setting'>,
): Promise<number | undefined> {
  const stream = host.shards(host.setting(TELEMETRY_STREAMS));
  const shards = await stream.listShards();
  const closed = new Set(shards.flatMap(({ parents }) => parents));
  const ticks = await new StreamProgress(host.table('readers')).list(stream.arn);
  const open = shards.filter(({ id }) => !closed.has(id)).flatMap(({ id }) => ticks.get(id) ?? []);
  return open.length === 0 ? undefined : Math.min(...open);
}
