import { expect, test } from 'vitest';
import { foldEvents } from '../../../src/core/fold.ts';
import { isOverflow, MAX_GROUPS } from '../../../src/core/group-tags.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { windowBytes } from '../../../src/core/window-bytes.ts';
import { SHARD, STREAM_ARN, sequenceOf } from '../../support/event-streams.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '1h' }, aggregates: ['count', 'increase'] }],
  rollups: [{ name: 'r', of: 'm', by: ['site'] }],
});

test('a source that makes up tags is kept apart by so many of them; all its events count', () => {
  const count = MAX_GROUPS + 50;
  const events = Array.from({ length: 2 * count }, (_, at) => ({
    source: 's',
    id: undefined,
    type: 'reading',
    time: 1_000 + at,
    values: { c: at },
    tags: { site: `site-${at % count}` },
  }));
  let state = emptySourceState('s', PIPELINE);
  const batch = {
    stream: STREAM_ARN,
    shard: SHARD,
    events,
    sequences: events.map((_, at) => sequenceOf(at + 1)),
    indexes: events.map(() => 0),
    arrivalsMs: events.map(() => 10_000),
    strays: undefined,
  };
  for (let from = 0; from < events.length; ) {
    const result = foldEvents(state, batch, PIPELINE, from);
    state = result.state;
    from = result.next;
  }
  const [window] = [...(state.open[0]?.windows.values() ?? [])];
  const groups = window?.groups ?? [];
  expect(groups).toHaveLength(MAX_GROUPS + 1);
  const [overflow] = groups.filter(({ tags }) => isOverflow(tags));
  expect(overflow?.events).toBe(100);
  expect(groups.reduce((sum, { events: own }) => sum + own, 0)).toBe(events.length);
  expect(state.counts).toMatchObject({ received: events.length, applied: events.length });
  expect(windowBytes({ groups })).toBe(window?.bytes);
});
