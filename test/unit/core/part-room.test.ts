import { expect, test } from 'vitest';
import { PART_FULL_BYTES, PART_MOST_BYTES, PART_NAMES_BYTES, PartRoom } from '../../../src/core/part-room.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { GroupContents } from '../../../src/core/source-window.ts';
import { emptyWindow, foldIntoWindow, mergeGroups } from '../../../src/core/window.ts';
import { windowBytes } from '../../../src/core/window-bytes.ts';

const [AGGREGATION] = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '1m' } }],
}).aggregations;

/** A group of one event with `count` values, whose names are numbered from `from`. */
function groupOf(from: number, count: number, value = 1): GroupContents {
  if (AGGREGATION === undefined) throw new Error('there is one aggregation');
  const window = emptyWindow(0, 60_000);
  const name = (at: number) => [`${'x'.repeat(50)}${at}`, value] as const;
  const values = Object.fromEntries(Array.from({ length: count }, (_, at) => name(from + at)));
  foldIntoWindow(
    window,
    AGGREGATION,
    { source: 's', id: undefined, type: 'reading', time: 0, values, tags: {} },
    0,
  );
  return mergeGroups(window);
}

test('a part takes names until it has no room for more, and goes on with those it knows', () => {
  const room = new PartRoom({ events: 0, moved: 0, metrics: [], fields: undefined });
  const refused = new Set<string>();
  let added = 0;
  for (let from = 0; added < 200; from += 64) {
    for (const name of room.add(groupOf(from, 64))) refused.add(name);
    added += 1;
  }
  const bytes = windowBytes({ groups: [room.sum] });
  expect(room.isFull).toBe(true);
  expect(bytes).toBeGreaterThan(PART_FULL_BYTES);
  expect(bytes).toBeLessThanOrEqual(PART_NAMES_BYTES);
  expect(room.sum.metrics.length + refused.size).toBe(200 * 64);
  expect(room.sum.events).toBe(200);

  expect(room.add(groupOf(0, 64))).toEqual([]);
  expect(room.sum.events).toBe(201);
  expect(room.sum.metrics.find(({ name }) => name === `${'x'.repeat(50)}0`)?.count).toBe(2);
});

test('a part never outgrows its item, whatever sums come to', () => {
  const room = new PartRoom({ events: 0, moved: 0, metrics: [], fields: undefined });
  for (let from = 0; from < 3_000; from += 64) room.add(groupOf(from, 64));
  for (let power = -300; power < 300; power += 20) {
    for (let from = 0; from < 2_000; from += 64) room.add(groupOf(from, 64, 10 ** power));
  }
  expect(windowBytes({ groups: [room.sum] })).toBeLessThanOrEqual(PART_MOST_BYTES);
});
