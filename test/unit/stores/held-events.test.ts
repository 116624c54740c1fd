import { expect, test } from 'vitest';
import type { EpochMs, SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { batchesOf, type HeldEvent } from '../../../src/stores/held-events.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';

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

test('an event that is set aside again keeps its tick, and comes after what its batch of now has before it', async () => {
  const deadLetters = new DeadLetters(new MemoryTable(TABLE_SCHEMAS.deadLetters));
  const holding = { reason: 'state-unreadable', detail: '' } as const;
  const after = { sequence: '6' as SequenceNumber, index: 0 };
  await deadLetters.hold([{ ...heldEvent(0), after, tickMs: 5 as EpochMs }], holding);
  await deadLetters.hold([heldEvent(0)], holding);
  expect(await deadLetters.heldFor('dev', 10)).toEqual([{ ...heldEvent(0), tickMs: 5 }]);
  await deadLetters.hold([{ ...heldEvent(0), after }], holding);
  expect(await deadLetters.heldFor('dev', 10)).toEqual([{ ...heldEvent(0), after, tickMs: 5 }]);
});
