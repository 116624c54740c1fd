// Laws of the alert core: what comes of windows is a function of the windows alone, and every transition is legal.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAlertState, encodeAlertState } from '../../src/core/alerts/alert-encoding.ts';
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import type { AlertState, AlertStatus, Transition } from '../../src/core/alerts/alert-state.ts';
import { foldObservations } from '../../src/core/alerts/fold-observations.ts';
import { foldSilence } from '../../src/core/alerts/fold-silence.ts';
import type { Observation } from '../../src/core/alerts/judge.ts';
import { MAX_TRANSITIONS } from '../../src/core/alerts/transitions.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { arbitraryObservations, arbitraryRule } from '../support/arbitrary-alerts.ts';
import { runs } from '../support/runs.ts';

/** An item, and what its change stream carried. */
class Item {
  stored: Uint8Array | undefined;
  writes = 0;
  readonly carried: Transition[] = [];

  get state(): AlertState | undefined {
    return this.stored === undefined ? undefined : decodeAlertState('r', this.stored);
  }

  write(state: AlertState): void {
    const known = this.state?.sequence ?? 0;
    this.stored = encodeAlertState(state);
    this.writes += 1;
    this.carried.push(...state.transitions.filter(({ sequence }) => sequence > known));
  }
}

/** Folds a batch on what is stored; `refused`: the last write is not done, as after a crash. */
function deliver(item: Item, rule: AlertRule, batch: readonly Observation[], refused = false): void {
  for (let isMore = batch.length > 0; isMore; ) {
    const { state, changed, more } = foldObservations(rule, item.state, batch);
    if (changed && state !== undefined) {
      if (refused && !more) return;
      item.write(state);
    }
    isMore = more;
  }
}

const LEGAL: Readonly<Record<AlertStatus, readonly AlertStatus[]>> = {
  ok: ['pending', 'firing'],
  pending: ['ok', 'firing'],
  firing: ['resolved'],
  resolved: ['pending', 'firing'],
};

const arbitraryDeliveries = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 12 }),
    back: fc.constantFrom(0, 0, 1, 3, 20),
    crash: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('transitions', () => {
  test('are the same however windows are cut into batches, come again, or writes are lost', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryObservations, arbitraryDeliveries, (rule, windows, deliveries) => {
        const plain = new Item();
        for (const window of windows) deliver(plain, rule, [window]);
        const troubled = new Item();
        let position = 0;
        for (let turn = 0; position < windows.length; turn += 1) {
          const { length, back, crash } = deliveries[turn % deliveries.length] ?? {
            length: 1,
            back: 0,
            crash: false,
          };
          const from = Math.max(0, position - back);
          // A crash, then the same batch again from where the last one was done.
          if (crash) deliver(troubled, rule, windows.slice(from, position + length), true);
          deliver(troubled, rule, windows.slice(from, position + length));
          position += length;
        }
        deliver(troubled, rule, windows);
        expect(troubled.carried).toEqual(plain.carried);
        expect(troubled.state?.status).toBe(plain.state?.status);
        expect(troubled.state?.history).toEqual(plain.state?.history);
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('follow one another legally, numbered without a gap', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryObservations, (rule, windows) => {
        const item = new Item();
        deliver(item, rule, windows);
        let status: AlertStatus = 'ok';
        for (const [at, { sequence, from, to }] of item.carried.entries()) {
          expect({ sequence, from }).toEqual({ sequence: at + 1, from: status });
          expect(LEGAL[status]).toContain(to);
          status = to;
        }
        expect(item.state?.status ?? 'ok').toBe(status);
      }),
      { numRuns: runs(500) },
    );
  });

  test('that are more than a write carries go out with the next ones', () => {
    const [rule] = parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '10ms' } }],
      alerts: [{ name: 'r', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 3 } }],
    }).alerts;
    const windows = Array.from({ length: 3 * MAX_TRANSITIONS }, (_, at) => ({
      start: at * 10,
      end: at * 10 + 10,
      revision: 1,
      value: at % 2 === 0 ? 5 : 0,
    }));
    const item = new Item();
    if (rule !== undefined) deliver(item, rule, windows);
    expect(item.writes).toBe(3);
    expect(item.carried.map(({ sequence }) => sequence)).toEqual(windows.map((_, at) => at + 1));
  });
});

describe('a state', () => {
  test('that a window leaves as it was is not written, of a rule that keeps no history', () => {
    fc.assert(
      fc.property(arbitraryObservations, (windows) => {
        const [rule] = parsePipeline({
          aggregations: [{ name: 'a', window: { tumbling: '10ms' } }],
          alerts: [
            { name: 'r', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 3 } },
          ],
        }).alerts;
        const item = new Item();
        if (rule !== undefined) for (const window of windows) deliver(item, rule, [window]);
        expect(item.writes).toBe(item.carried.length);
      }),
    );
  });

  test('read back from its bytes is the same', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryObservations, (rule, windows) => {
        const { state } = foldObservations(rule, undefined, windows);
        fc.pre(state !== undefined);
        if (state !== undefined) expect(decodeAlertState('r', encodeAlertState(state))).toEqual(state);
      }),
    );
  });
});

describe('silence', () => {
  const [rule] = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '10ms' } }],
    alerts: [{ name: 'r', when: { absent: '1m' } }],
  }).alerts;

  test('fires once a silence and resolves once, however often and whoever looks', () => {
    const arbitraryLooks = fc.array(
      fc.record({ afterMs: fc.nat({ max: 90_000 }), arrives: fc.boolean(), lags: fc.boolean() }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(arbitraryLooks, (looks) => {
        if (rule === undefined) throw new Error('no rule was parsed');
        const item = new Item();
        let nowMs = 1_000_000;
        let lastArrivalMs = nowMs;
        for (const { afterMs, arrives, lags } of looks) {
          nowMs += afterMs;
          // Whoever looks may see the source as it was before the arrival.
          const seen = lags ? lastArrivalMs : arrives ? nowMs : lastArrivalMs;
          if (arrives) lastArrivalMs = nowMs;
          for (const lastSeen of [seen, seen]) {
            const { state, changed } = foldSilence(rule, item.state, { lastArrivalMs: lastSeen, nowMs });
            if (changed) item.write(state);
          }
        }
        let status: AlertStatus = 'ok';
        for (const [at, { sequence, from, to, window }] of item.carried.entries()) {
          expect({ sequence, from }).toEqual({ sequence: at + 1, from: status });
          expect(LEGAL[status]).toContain(to);
          if (to === 'firing') expect(window.end - window.start).toBe(60_000);
          status = to;
        }
        const began = item.carried.filter(({ to }) => to === 'firing').map(({ window }) => window.start);
        expect(new Set(began).size).toBe(began.length);
      }),
      { numRuns: runs(500) },
    );
  });
});
