// Parts of the system broken from outside, each in a way that the simulation must find.
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { StateCache } from '../../consumers/aggregate/state-cache.ts';
import { aggregateDeps, wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import { decodeAlertState, encodeAlertState } from '../../src/core/alerts/alert-encoding.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { aggregationTexts, decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { ALERTS_TABLE, SOURCES_TABLE } from '../../src/platform/names.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';
import type { StoredTable } from '../../src/simulation/simulated-tables.ts';
import { bytes, bytesOf, type Item, numberOf, type Table, textOf } from '../../src/stores/table.ts';
import type {
  BatchItemFailures,
  ItemJson,
  StreamEvent,
  StreamEventRecord,
} from '../../src/wire/stream-records.ts';
import { BROKEN_COUNTS } from './broken-counts.ts';
import { BROKEN_REPAIRS } from './broken-repairs.ts';
import { BROKEN_SILENCE } from './broken-silence.ts';
import { createCanaryAggregate } from './canary-aggregate.ts';
import { tableOver } from './table-over.ts';

/** Parts that only a plan with alerts has. */
export const BROKEN_ALERTS: Readonly<Record<string, Replacements>> = {
  'a table of alerts that writes whatever the version is': {
    table: (name, table) => (name === 'alerts' ? withoutVersions(table) : table),
  },
  'an alert that does not know which windows it has judged': {
    table: (name, table) => (name === 'alerts' ? withoutFrontiers(table) : table),
  },
};

export const BROKEN_PARTS: Readonly<Record<string, Replacements>> = {
  'a canary that commits before it quarantines, and takes a failed quarantine for a small matter': {
    aggregate: (host) => createCanaryAggregate(aggregateDeps(host)),
  },
  'an aggregate that does not look how far a source is folded in': forgetful(),
  'a table of states that writes whatever the version is': {
    table: (name, table) => (name === 'sources' ? withoutVersions(table) : table),
  },
  'a table of windows that writes whatever the version is': {
    table: (name, table) => (name === 'windows' ? withoutVersions(table) : table),
  },
  'an aggregate that reports the record behind the first that failed': {
    aggregate: (host) => reportingTheNext(wireAggregate(host)),
  },
  'a rollup that reports the record behind the first that failed': {
    rollup: (host) => reportingTheNext(wireRollup(host)),
  },
  'an aggregate whose cache keeps a state that is being folded': {
    aggregate: (host) =>
      createAggregate({ ...aggregateDeps(host), cache: new KeepingCache(roomFor(host.pipeline)) }),
  },
  ...BROKEN_SILENCE,
  ...BROKEN_COUNTS,
  ...BROKEN_REPAIRS,
  'a stream whose child shards are read before their parents': {
    stream: (name, stream) => (name === 'telemetry' ? orphaned(stream) : stream),
  },
  'a changelog whose child shards are read before their parents': {
    stream: (name, stream) => (name === 'changelog' ? orphaned(stream) : stream),
  },
  ...BROKEN_ALERTS,
  'a removal by TTL that counts as a change': removalsThatCount(),
};

const roomFor = (pipeline: Pipeline) => ({
  bytes: 1_000_000,
  aggregations: aggregationTexts(pipeline),
});

/** As if the source had been put back to what it was first. */
function removalsThatCount(): Replacements {
  const first = new Map<string, ItemJson>();
  return {
    change: (record) => {
      const { NewImage, ...dynamodb } = record.dynamodb;
      const source = dynamodb.Keys[SOURCES_TABLE.partitionKey]?.S ?? '';
      if (record.eventName === 'INSERT' && NewImage !== undefined) first.set(source, NewImage);
      const known = first.get(source);
      if (record.userIdentity === undefined || known === undefined) return record;
      const { userIdentity: _, ...rest } = record;
      return { ...rest, eventName: 'MODIFY', dynamodb: { ...dynamodb, NewImage: known } };
    },
  };
}

class KeepingCache extends StateCache {
  override take(source: string) {
    const cached = super.take(source);
    if (cached?.state !== undefined) this.put(source, { ...cached, state: cached.state });
    return cached;
  }
}

/** What is read of a state does not tell its position; a write that does not know it leaves it as it was. */
function forgetful(): Replacements {
  let pipeline: Pipeline | undefined;
  const changed = (source: string, item: Item, change: (state: SourceState) => void): Item => {
    const encoded = bytesOf(item, SOURCES_TABLE.state);
    if (encoded === undefined || pipeline === undefined) return item;
    const state = decodeState(source, encoded, pipeline);
    change(state);
    return { ...item, [SOURCES_TABLE.state]: bytes(encodeState(state)) };
  };
  const withoutPositions = (table: StoredTable): StoredTable => {
    const positions = new Map<string, SourceState['upTo']>();
    const forget = (item: Item): Item => {
      const source = textOf(item, SOURCES_TABLE.partitionKey) ?? '';
      return changed(source, item, (state) => {
        positions.set(source, state.upTo);
        state.upTo = [];
      });
    };
    return replacing(table, {
      getMany: async (keys) => (await table.getMany(keys)).map(forget),
      commit: async (writes) => {
        const kept = writes.map((write) => {
          const { [SOURCES_TABLE.state]: state } = write.attributes;
          if (state === undefined) return write;
          const source = textOf(write.key, SOURCES_TABLE.partitionKey) ?? '';
          const item = changed(source, { [SOURCES_TABLE.state]: state }, (read) => {
            if (read.upTo.length === 0) read.upTo = positions.get(source) ?? [];
          });
          return { ...write, attributes: { ...write.attributes, ...item } };
        });
        return (await table.commit(kept)).map((outcome) =>
          outcome.kind === 'refused' && outcome.stored !== undefined
            ? { ...outcome, stored: forget(outcome.stored) }
            : outcome,
        );
      },
    });
  };
  return {
    aggregate: (host) => {
      pipeline = host.pipeline;
      return createAggregate({
        ...aggregateDeps(host),
        cache: new StateCache({ ...roomFor(host.pipeline), bytes: 0 }),
      });
    },
    table: (name, table) => (name === 'sources' ? withoutPositions(table) : table),
  };
}

function withoutFrontiers(table: StoredTable): StoredTable {
  return replacing(table, {
    getMany: async (keys) =>
      (await table.getMany(keys)).map((item) => {
        const encoded = bytesOf(item, ALERTS_TABLE.state);
        if (encoded === undefined) return item;
        const state = { ...decodeAlertState('', encoded), frontier: undefined };
        return { ...item, [ALERTS_TABLE.state]: bytes(encodeAlertState(state)) };
      }),
  });
}

function withoutVersions(table: StoredTable): StoredTable {
  return replacing(table, {
    commit: async (writes) => {
      const versions = new Map<string, number | undefined>();
      for (const item of await table.getMany(writes.map(({ key }) => key))) {
        versions.set(keyOf(item, writes), numberOf(item, 'version'));
      }
      return await table.commit(
        writes.map((write) => ({
          ...write,
          expectedVersion: versions.get(JSON.stringify(write.key)),
          expected: undefined,
        })),
      );
    },
  });
}

function keyOf(item: Item, writes: readonly { readonly key: Item }[]): string {
  const names = Object.keys(writes[0]?.key ?? {});
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, item[name]])));
}

function replacing(table: StoredTable, changed: Partial<Table>): StoredTable {
  return { ...tableOver(table, changed), remove: (key) => table.remove(key) };
}

function reportingTheNext<R extends StreamEventRecord>(
  handler: (event: StreamEvent<R>) => Promise<BatchItemFailures>,
): (event: StreamEvent<R>) => Promise<BatchItemFailures> {
  return async (event) => {
    const { batchItemFailures } = await handler(event);
    const sequences = event.Records.map((record) =>
      'kinesis' in record ? record.kinesis.sequenceNumber : record.dynamodb.SequenceNumber,
    );
    return {
      batchItemFailures: batchItemFailures.map(({ itemIdentifier }) => ({
        itemIdentifier: sequences[sequences.indexOf(itemIdentifier) + 1] ?? itemIdentifier,
      })),
    };
  };
}

function orphaned(stream: Parameters<NonNullable<Replacements['stream']>>[1]) {
  return {
    kind: stream.kind,
    arn: stream.arn,
    listShards: async () => (await stream.listShards()).map(({ id }) => ({ id, parents: [] })),
    openIterator: stream.openIterator.bind(stream),
    read: stream.read.bind(stream),
  };
}
