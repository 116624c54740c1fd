import { expect, test } from 'vitest';
import type { EpochMs, SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { batchesOf, type HeldEvent } from '../../../src/stores/held-events.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });

function heldEvent(index: number): HeldEvent {
  const event = {
    source: 'dev',
    type: 'reading',
    time: 1_700_000_000_000,
    id: `${index}`,
    values: {},
    tags: {},
  };
  const at = { shard: 'shard-0' as ShardId, sequence: '7' as SequenceNumber, index };
  return { source: 'dev', stream: 'stream', at, arrivalMs: event.time as EpochMs, event, isStray: false };
}

test('a record that was set aside by half when that was folded in loses none of its events', () => {
  let state = emptySourceState('dev', PIPELINE);
  for (const held of [[heldEvent(0)], [heldEvent(0), heldEvent(1)], [heldEvent(1), heldEvent(2)]])
    for (const batch of batchesOf(held)) state = foldEvents(state, batch, PIPELINE).state;
  expect(state.counts).toMatchObject({ received: 3, applied: 3 });
});
