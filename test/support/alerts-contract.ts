// What the store of alerts does, whichever table it stands on.
import { describe, expect, test } from 'vitest';
import type { AlertState } from '../../src/core/alerts/alert-state.ts';
import { rollupSeries, sourceSeries } from '../../src/core/series.ts';
import type { AlertWrite } from '../../src/stores/alerts.ts';
import { Alerts, alertId } from '../../src/stores/alerts.ts';
import { alertEvents } from '../../src/wire/alert-event.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import type { MakeTable } from './table-under-test.ts';
import { ALERTS_SCHEMA, collect } from './table-under-test.ts';

const SERIES = sourceSeries('per-minute', '__proto__');

export function alertsContract(make: MakeTable): void {
  describe('alerts', () => {
    committing(make);
    finding(make);
  });
}

function committing(make: MakeTable): void {
  test('are committed under the version loaded, and read back as they were', async () => {
    const { alerts } = await open(make);
    expect(await alerts.commit([write({}), write({ rule: 'cold' })])).toEqual([
      { kind: 'committed', version: 1 },
      { kind: 'committed', version: 1 },
    ]);
    const later = write({ expectedVersion: 1, state: stateOf({ sequence: 2, status: 'resolved' }) });
    expect(await alerts.commit([write({})])).toEqual([{ kind: 'refused' }]);
    expect(await alerts.commit([later])).toEqual([{ kind: 'committed', version: 2 }]);
    const loaded = await alerts.load([later, { rule: 'none', series: SERIES }]);
    expect([...loaded]).toEqual([
      [alertId(later), { rule: 'hot', series: SERIES, version: 2, state: later.state, checkAtMs: undefined }],
    ]);
    expect((await collect(alerts.scan())).map(({ rule }) => rule).sort()).toEqual(['cold', 'hot']);
  });

  test('carry each transition on once, in the write that made it', async () => {
    const { alerts, changes } = await open(make);
    const fired = stateOf({ sequence: 1 });
    await alerts.commit([write({ state: fired })]);
    // A write that makes none keeps the latest for who looks at it.
    await alerts.commit([write({ expectedVersion: 1, state: { ...fired, since: 5 } })]);
    const resolved = stateOf({ sequence: 2, from: 'firing', status: 'resolved' });
    await alerts.commit([write({ expectedVersion: 2, state: resolved })]);
    const records = (await changes(3)).map((change, at) => changeRecord(change, sequenceOf(at)));
    expect(records.map((record) => alertEvents(record).map(({ id }) => id))).toEqual([
      [`hot/${SERIES}/1`],
      [],
      [`hot/${SERIES}/2`],
    ]);
    expect(alertEvents(records[0] ?? changeRecord(NO_CHANGE, sequenceOf(0)))).toEqual([
      {
        id: `hot/${SERIES}/1`,
        rule: 'hot',
        subject: { kind: 'source', aggregation: 'per-minute', source: '__proto__' },
        ...fired.transitions[0],
      },
    ]);
  });
}

function finding(make: MakeTable): void {
  test('that are to be looked at are found by time, and no others', async () => {
    const { alerts } = await open(make);
    const due = [5_000, 1_000, 3_000].map((checkAtMs) =>
      write({ series: `source||s${checkAtMs}`, checkAtMs }),
    );
    await alerts.commit([...due, write({ rule: 'never' })]);
    const found = await collect(alerts.dueForChecking(3_000));
    expect(found.sort()).toEqual(['hot|source||s1000', 'hot|source||s3000']);
    await alerts.commit([
      { ...write({ series: 'source||s1000', checkAtMs: undefined }), expectedVersion: 1 },
    ]);
    await alerts.commit([{ ...write({ series: 'source||s3000', checkAtMs: 9_000 }), expectedVersion: 1 }]);
    expect(await collect(alerts.dueForChecking(5_000))).toEqual(['hot|source||s5000']);
    const loaded = await alerts.loadById(['hot|source||s3000']);
    expect([...loaded.values()].map(({ checkAtMs }) => checkAtMs)).toEqual([9_000]);
  });

  test('that are not well are found in their places: by rule, and when resolved by when', async () => {
    const { alerts } = await open(make);
    const of = (rule: string, source: string, status: AlertState['status'], end = 0) =>
      write({ rule, series: sourceSeries('a', source), state: stateOf({ status, end }) });
    const many = Array.from({ length: 30 }, (_, at) => of(`rule${at % 2}`, `s${at}`, 'firing'));
    await alerts.commit([
      ...many,
      of('rule', 'x', 'pending'),
      of('well', 'x', 'ok'),
      ...[5, 40, 300].map((end) => of('past', `s${end}`, 'resolved', end)),
    ]);
    const found = async (...asked: Parameters<Alerts['standing']>) =>
      await collect(alerts.standing(...asked));
    const all = await found('active', { readAhead: 3 });
    expect(all).toHaveLength(31);
    expect(all.map(({ place }) => place)).toEqual(all.map(({ place }) => place).sort());
    expect((await found('active', { readAhead: 100, after: all[9]?.place })).map(({ id }) => id)).toEqual(
      all.slice(10).map(({ id }) => id),
    );
    expect((await found('active', { readAhead: 9, rule: 'rule' })).map(({ id }) => id)).toEqual([
      'rule|source|a|x',
    ]);
    const past = await found('resolved', { readAhead: 1 });
    expect(past.map(({ id }) => id)).toEqual(['past|source|a|s300', 'past|source|a|s40', 'past|source|a|s5']);
    const rest = await found('resolved', { readAhead: 1, after: past[0]?.place });
    expect(rest.map(({ id }) => id)).toEqual(past.slice(1).map(({ id }) => id));
    // One that is well again, or resolved, is in that place no longer.
    await alerts.commit([
      { ...of('rule', 'x', 'ok'), expectedVersion: 1 },
      { ...of('rule0', 's0', 'resolved', 100), expectedVersion: 1 },
    ]);
    expect(await found('active', { readAhead: 50 })).toHaveLength(29);
    expect((await found('resolved', { readAhead: 1 }))[1]?.id).toBe('rule0|source|a|s0');
  });

  test('of a series too long for a key are kept under its hash, name and all', async () => {
    const { alerts } = await open(make);
    const series = ['x', 'y'].map((last) => rollupSeries('r', ['\u{1F600}'.repeat(800), last]));
    await alerts.commit(series.map((one) => write({ series: one })));
    const loaded = await alerts.load(series.map((one) => ({ rule: 'hot', series: one })));
    expect([...loaded.values()].map((alert) => alert.series).sort()).toEqual(series);
  });
}

async function open(make: MakeTable) {
  const { table, changes } = await make(ALERTS_SCHEMA);
  return { changes, alerts: new Alerts(table) };
}

const NO_CHANGE = { eventName: 'REMOVE', keys: {}, oldImage: undefined, newImage: undefined } as const;

function write(overrides: Partial<AlertWrite>): AlertWrite {
  return {
    rule: 'hot',
    series: SERIES,
    expectedVersion: undefined,
    state: stateOf({}),
    checkAtMs: undefined,
    ...overrides,
  };
}

function stateOf({
  sequence = 1,
  from = 'ok',
  status = 'firing',
  end = 0,
}: Partial<
  Pick<AlertState, 'sequence' | 'status'> & { from: AlertState['status']; end: number }
>): AlertState {
  return {
    compares: '[]',
    judgedBy: '[1]',
    status,
    sequence,
    since: undefined,
    observedMs: 240_000,
    base: { status: 'pending', since: -60_000, observedMs: -5 },
    frontier: { start: -60_000, revision: 3 },
    windows: [
      { start: 60_000, end: 120_000, revision: 2, value: 1.5, open: true },
      { start: 180_000, end: 240_000, revision: 1, value: 0.1 },
    ],
    settledMs: 120_000,
    staleAtMs: 7,
    told: [{ start: 60_000, end: 120_000, from: 'pending', to: 'firing', stale: true }],
    owes: { reachedMs: -60_000 },
    history: [
      { start: -60_000, value: 0.5 },
      { start: 120_000, value: -1e30 },
    ].map(({ start, value }) => ({ start, value: Math.fround(value) })),
    transitions: [
      {
        sequence,
        from,
        to: status,
        severity: 'critical',
        reason: 'max of π is 4, above 3',
        window: { start: end - 60_000, end, revision: 3, value: 4.25 },
      },
    ],
  };
}
