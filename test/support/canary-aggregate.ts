// The aggregate with a bug that looks like sense: bad events are put away once the good ones are safe, and a failure to
// do so is logged and fails nothing, since "the batch is committed".
import type { AggregateDeps, createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { decodeBatch, recordPlace, shardOf } from '../../consumers/aggregate/decode-batch.ts';
import { adopt, foldAndCommit, type Work } from '../../consumers/aggregate/fold-and-commit.ts';
import { StateCache } from '../../consumers/aggregate/state-cache.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';

const NO_ROOM = { bytes: 0, aggregations: [] };

export function createCanaryAggregate(deps: AggregateDeps): ReturnType<typeof createAggregate> {
  const { pipeline, states, deadLetters, shards, log } = deps;
  return async ({ Records }) => {
    const batch = decodeBatch(Records, pipeline);
    const [first] = Records;
    if (first === undefined) throw new Error('found a batch without records, expected some');
    const place = { stream: first.eventSourceARN, shard: shardOf(first.eventID) };
    const works: Work[] = [];
    const stored = new Map(
      (await states.load([...batch.bySource.keys()])).map((each) => [each.source, each]),
    );
    for (const [source, events] of batch.bySource) {
      const state = emptySourceState(source, pipeline);
      const nothing = { version: undefined, encoded: undefined, check: undefined, held: undefined };
      const work: Work = { source, events, state, ...nothing, from: 0, refusals: 0 };
      adopt(work, stored.get(source), pipeline);
      works.push(work);
    }
    const { failures } = await foldAndCommit(works, {
      states,
      cache: new StateCache(NO_ROOM),
      pipeline,
      tickBefore: () => shards.before({ ...place, sequence: recordPlace(first).sequence }),
    });
    if (failures.length === 0) {
      await shards.note(place, { records: Records.map(recordPlace), ticks: batch.ticks });
      await deadLetters.put(batch.quarantined).catch((error: unknown) => {
        log.error('events not quarantined', { reason: String(error) });
      });
    }
    return batchItemFailures(failures.map(({ sequence }) => sequence));
  };
}
