// The law of alerts on what becomes final in any order: once all windows are final, the episodes are what the rule makes of
// them in order of time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAlertState, encodeAlertState } from '../../src/core/alerts/alert-encoding.ts';
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import type { AlertState, KeptWindow, Transition } from '../../src/core/alerts/alert-state.ts';
import { foldClock } from '../../src/core/alerts/fold-clock.ts';
import { foldObservations } from '../../src/core/alerts/fold-observations.ts';
import { MAX_TRANSITIONS } from '../../src/core/alerts/transitions.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { ReferenceAlert } from '../../src/simulation/reference-alert.ts';
import { arbitraryObservations, arbitraryRollupRule } from '../support/arbitrary-alerts.ts';
import { episodesOf } from '../support/episodes.ts';
import { runs } from '../support/runs.ts';

/** An item, and what its change stream carried. */
class Item {
  readonly rule: AlertRule;
  stored: Uint8Array | undefined;
  readonly carried: Transition[] = [];

  constructor(rule: AlertRule) {
    this.rule = rule;
  }

  get state(): AlertState | undefined {
    return this.stored === undefined ? undefined : decodeAlertState('r', this.stored);
  }

  /** `loses`: which of the writes is not done, and the batch ends with it. */
  deliver(batch: readonly KeptWindow[], loses = Number.POSITIVE_INFINITY): void {
    for (let turn = 0, isMore = batch.length > 0; isMore; turn += 1) {
      const { state, changed, more } = foldObservations(this.rule, this.state, batch);
      if (turn === loses) return;
      if (changed && state !== undefined) this.write(state);
      isMore = more;
    }
  }

  /** Everything that waits has waited long enough. */
  settle(): void {
    for (let isMore = true; isMore; ) {
      const { state, changed, more } = foldClock(this.rule, this.state, { nowMs: 1e12 });
      if (changed && state !== undefined) this.write(state);
      isMore = more;
    }
  }

  write(state: AlertState): void {
    expect(state.transitions.length).toBeLessThanOrEqual(MAX_TRANSITIONS);
    const known = this.state?.sequence ?? 0;
    const fresh = state.transitions.filter(({ sequence }) => sequence > known);
    this.stored = encodeAlertState(state);
    this.carried.push(...fresh);
    if (fresh.length > 0 && state.owes === undefined) expect(fresh.at(-1)?.to).toBe(state.status);
  }
}

/** Every window in some revisions, each final when it was seen; only those of one window are in order. */
const arbitraryFinality = fc
  .tuple(arbitraryObservations, fc.infiniteStream(fc.nat({ max: 30 })))
  .map(([windows, places]) => {
    const revised = windows.map((window, at) => ({ window, place: at + (places.next().value ?? 0) }));
    const byStart = Map.groupBy(revised, ({ window }) => window.start);
    return [...byStart.values()]
      .flatMap((same) => {
        const order = same.map(({ place }) => place).sort((a, b) => a - b);
        return same.map(({ window }, at) => ({ window, place: order[at] ?? 0 }));
      })
      .sort((a, b) => a.place - b.place)
      .map(({ window }) => window);
  });

const arbitraryDeliveries = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 12 }),
    back: fc.constantFrom(0, 0, 1, 3, 20),
    loses: fc.constantFrom(undefined, 0, 1),
  }),
  { minLength: 1, maxLength: 12 },
);

function expected(rule: AlertRule, windows: readonly KeptWindow[]) {
  const final = new Map<number, KeptWindow>();
  for (const window of windows) {
    if (window.revision > (final.get(window.start)?.revision ?? 0)) final.set(window.start, window);
  }
  const reference = new ReferenceAlert(rule);
  for (const window of [...final.values()].sort((a, b) => a.start - b.start)) reference.see(window);
  return reference.transitions;
}

const placed = (steps: readonly { from: string; to: string; window: KeptWindow }[]) =>
  steps.map(({ from, to, window: { start, end } }) => ({ from, to, start, end }));

describe('once all windows are final', () => {
  test('the episodes are those of the windows in order of time, whatever came first, again, or was lost', () => {
    fc.assert(
      fc.property(
        arbitraryRollupRule,
        arbitraryFinality,
        arbitraryDeliveries,
        (rule, windows, deliveries) => {
          const item = new Item(rule);
          let position = 0;
          for (let turn = 0; position < windows.length; turn += 1) {
            const { length, back, loses } = deliveries[turn % deliveries.length] ?? {
              length: 1,
              back: 0,
              loses: undefined,
            };
            const batch = windows.slice(Math.max(0, position - back), position + length);
            if (loses !== undefined) item.deliver(batch, loses);
            item.deliver(batch);
            position += length;
          }
          item.settle();
          expect(placed(episodesOf(item.carried))).toEqual(placed(expected(rule, windows)));
          expect(item.carried.map(({ sequence }) => sequence)).toEqual(item.carried.map((_, at) => at + 1));
          expect(item.state?.status ?? 'ok').toBe(expected(rule, windows).at(-1)?.to ?? 'ok');
        },
      ),
      { numRuns: runs(1_500) },
    );
  });

  test('nothing is corrected where they came in order, and what comes again changes nothing', () => {
    fc.assert(
      fc.property(arbitraryRollupRule, arbitraryObservations, (rule, windows) => {
        const once = windows.filter(({ start }, at) => windows[at + 1]?.start !== start);
        const item = new Item(rule);
        for (const window of once) item.deliver([window]);
        item.settle();
        expect(item.carried.filter(({ correction }) => correction === true)).toEqual([]);
        const { stored } = item;
        for (const window of windows) item.deliver([window]);
        item.deliver(windows);
        item.settle();
        expect(item.stored).toEqual(stored);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('a window that is further back than the rule reaches', () => {
  const [rule] = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' }, allowedLateness: '1h', idleTimeout: '10m' }],
    rollups: [{ name: 'all', of: 'a', by: [] }],
    alerts: [{ name: 'r', on: { rollup: 'all' }, aggregate: 'events', when: { above: 5 } }],
  }).alerts;
  const window = (minute: number, value: number): KeptWindow => ({
    start: minute * 60_000,
    end: (minute + 1) * 60_000,
    revision: value,
    value,
  });

  test('is told of, and what is kept stays within its bound', () => {
    if (rule === undefined) throw new Error('no rule was parsed');
    const item = new Item(rule);
    for (let minute = 1; minute <= 3_000; minute += 10) {
      item.deliver(Array.from({ length: 10 }, (_, at) => window(minute + at, 1)));
    }
    // An hour, ten minutes, and a thousand windows.
    expect(item.state?.windows.at(0)?.start).toBe((3_000 - 1_070) * 60_000);
    expect(item.stored?.length).toBeLessThan(8_000);
    const within = foldObservations(rule, item.state, [window(3_000 - 1_070, 9)]);
    expect(within).toMatchObject({ changed: true, beyond: [] });
    const outside = foldObservations(rule, item.state, [window(3_000 - 1_071, 9)]);
    expect(outside).toMatchObject({ changed: false, beyond: [{ value: 9 }] });
  });
});
