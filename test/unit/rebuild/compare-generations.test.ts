import { describe, expect, test } from 'vitest';
import { compareGenerations, type Difference } from '../../../src/rebuild/compare-generations.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { archiveEvents, type EventToArchive } from '../../support/archive-of-events.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';

const START_MS = Date.parse('2026-11-28T09:58:00Z');
const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '30s', idleTimeout: '1m' },
  ],
  rollups: [{ name: 'all', of: 'per-minute', by: [] }],
};

function events(
  count: number,
  change: (at: number) => Partial<EventToArchive> = () => ({}),
): EventToArchive[] {
  return Array.from({ length: count }, (_, at) => ({
    source: `d${at % 3}`,
    time: START_MS + at * 20_000,
    values: { v: at },
    ...change(at),
  }));
}

async function rebuilt(list: readonly EventToArchive[], definition: object = DEFINITION) {
  const archive = new MemoryObjects();
  await archiveEvents(archive, list);
  const made = generationOf(archive, definition);
  await rebuildAll(made.options);
  return made.side;
}

async function compared(
  live: Awaited<ReturnType<typeof rebuilt>>,
  other: Awaited<ReturnType<typeof rebuilt>>,
  range: { readonly fromMs?: number; readonly toMs?: number } = {},
) {
  const found: Difference[] = [];
  const differences = compareGenerations({
    live,
    rebuilt: other,
    range: { fromMs: range.fromMs, toMs: range.toMs },
    nowMs: START_MS + 1e7,
  });
  let next = await differences.next();
  for (; next.done !== true; next = await differences.next()) found.push(next.value);
  return { found, same: next.value, reasons: [...new Set(found.map(({ why }) => why))].sort() };
}

describe('two generations', () => {
  test('of the same records under the same definition differ in nothing', async () => {
    const { found, same } = await compared(await rebuilt(events(30)), await rebuilt(events(30)));
    expect(found).toEqual([]);
    expect(same.sources).toBe(3);
    expect(same.windows).toBeGreaterThan(20);
  });

  test('differ by their definition, in what it says and nowhere else', async () => {
    const wider = {
      ...DEFINITION,
      aggregations: [...DEFINITION.aggregations, { name: 'hourly', window: { tumbling: '1h' } }],
      rollups: [...DEFINITION.rollups, { name: 'hours', of: 'hourly', by: [] }],
    };
    const { found, reasons } = await compared(await rebuilt(events(30)), await rebuilt(events(30), wider));
    expect(reasons).toEqual(['other-definition']);
    expect(found.every((each) => each.kind === 'window' && /hour/.test(each.window.series))).toBe(true);
  });

  test('differ where the one has folded what is behind the range of the other', async () => {
    const toMs = START_MS + 20 * 20_000;
    const { reasons } = await compared(await rebuilt(events(30)), await rebuilt(events(20)), { toMs });
    expect(reasons.filter((reason) => reason !== 'open')).toEqual(['from-sources', 'not-in-archive']);
  });

  test('a value that was folded otherwise, and has no other reason, is told as unexplained, with both values', async () => {
    const planted = events(30, (at) => (at === 13 ? { values: { v: 1_000 } } : {}));
    const { found, reasons } = await compared(await rebuilt(events(30)), await rebuilt(planted));
    expect(reasons).toEqual(['from-sources', 'unexplained']);
    const [window] = found.filter(({ why }) => why === 'unexplained');
    expect(window).toMatchObject({
      kind: 'window',
      of: 'source',
      live: { events: 1 },
      rebuilt: { events: 1 },
    });
  });

  test('an event that was late in the one is told as that, and the rollup windows follow from it', async () => {
    const late = { source: 'd1', time: START_MS + 61_000, values: { v: 7 } };
    const [live, other] = [
      await rebuilt([...events(30), late]),
      await rebuilt(events(30).toSpliced(5, 0, late)),
    ];
    const { found, reasons } = await compared(live, other);
    expect(reasons).toEqual(['from-sources', 'late']);
    expect(found.filter(({ kind }) => kind === 'books')).toMatchObject([
      { source: 'd1', live: { late: 1 }, rebuilt: { late: 0 } },
    ]);
  });
});
