// States of devices from the stream to whoever reads them: what is put, and what windows, rollups, alerts and dead letters make of it.
import { describe, expect, it, test } from 'vitest';
import type { AlertDefinition, PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { createPipelineTest, type PipelineTest } from '../../../src/testing/pipeline-test.ts';

const T0 = Date.UTC(2026, 0, 1);
const SECOND = 1_000;
const MINUTE = 60_000;

const PIPELINE: PipelineDefinition = {
  aggregations: [
    {
      name: 'm',
      window: { tumbling: '60s' },
      states: [{ of: 'mode' }, { of: 'door' }],
      aggregates: ['mean', 'timeWeightedMean'],
    },
  ],
  rollups: [{ name: 'by-site', of: 'm', by: ['site'] }],
  alerts: [
    { name: 'stuck', on: { aggregation: 'm' }, metric: 'mode', when: { is: 'ERROR' }, for: '90s' },
    {
      name: 'flapping',
      on: { aggregation: 'm' },
      metric: 'mode',
      aggregate: 'changes',
      when: { above: 2 },
    },
    {
      name: 'site-down',
      on: { rollup: 'by-site' },
      metric: 'mode',
      aggregate: 'share',
      state: 'ERROR',
      when: { above: 0.5 },
    },
  ],
};

const at = (seconds: number, source: string, values: Readonly<Record<string, unknown>>) => ({
  source,
  time: T0 + seconds * SECOND,
  values,
  tags: { site: 'x' },
});

describe('what devices say of states', () => {
  it('is how long each lasted, how often they changed and which was the last', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([
      at(10, 'a', { mode: 'RUN', door: true, t: 10 }),
      at(30, 'a', { mode: 'ERROR', t: 40 }),
      at(40, 'a', { door: false }),
      at(130, 'a', { t: 0 }),
    ]);
    await test.advance('15m');
    const [first, second] = await test.windows({ source: 'a' });
    expect(first).toMatchObject({
      events: 3,
      states: {
        mode: {
          ms: { RUN: 20 * SECOND, ERROR: 30 * SECOND },
          changes: 1,
          last: 'ERROR',
          lastingMs: 30 * SECOND,
        },
        door: { ms: { true: 30 * SECOND, false: 20 * SECOND }, changes: 1, last: 'false' },
      },
      metrics: {
        // True and false are numbers as well.
        door: { count: 2, mean: 0.5 },
        t: { mean: 25, timeWeightedMean: (10 * 20 + 40 * 30) / 50 },
      },
    });
    // The window between has no event, and is none. Into the one after it the states are carried, all through.
    expect(second).toMatchObject({
      startMs: T0 + 2 * MINUTE,
      states: {
        mode: { ms: { ERROR: MINUTE }, changes: 0, last: 'ERROR', lastingMs: MINUTE },
        door: { ms: { false: MINUTE }, changes: 0, last: 'false' },
      },
    });
    expect(await test.deadLetters()).toEqual([]);
    expect(await test.ledger()).toMatchObject({ received: 4, applied: 4 });
  });

  it('is set aside where no aggregation asks for it, and where it is no state', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([at(0, 'a', { mode: 'RUN', place: 'hall', door: ['open'], t: 1 })]);
    const letters = await test.deadLetters();
    expect(letters).toMatchObject([{ reason: 'value-set-aside' }]);
    expect(letters[0]?.detail).toContain('values["place"]');
    expect(letters[0]?.detail).toContain('values["door"]');
    expect(letters[0]?.detail).not.toContain('mode');
    const [window] = await test.windows();
    expect(window?.states).toEqual({ mode: { ms: {}, changes: 0, last: 'RUN', lastingMs: 0 } });
  });

  it('comes in other forms too, whatever it looks like', async () => {
    const shape = {
      name: 'flat',
      when: { has: ['device'] },
      source: 'device',
      time: { path: 'at', as: 'ms' as const },
    };
    const test = createPipelineTest({ ...PIPELINE, shapes: [shape] });
    const data = { device: 'a', at: T0, mode: '12', door: true, t: 3, place: 'hall' };
    await test.put([{ key: 'a', data, arrivedAt: T0 }]);
    expect(await test.windows()).toMatchObject([
      {
        states: { mode: { last: '12' }, door: { last: 'true' } },
        metrics: { door: { sum: 1 }, t: { sum: 3 } },
      },
    ]);
  });

  it('adds up over sources', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([
      at(0, 'a', { mode: 'RUN', t: 1 }),
      at(0, 'b', { mode: 'ERROR', t: 4 }),
      at(20, 'b', { mode: 'RUN', t: 1 }),
    ]);
    await test.advance('15m');
    expect(await test.rollups()).toMatchObject([
      {
        values: ['x'],
        final: true,
        states: { mode: { ms: { RUN: 100 * SECOND, ERROR: 20 * SECOND }, changes: 1 } },
        metrics: { t: { timeWeightedMean: (60 + 4 * 20 + 40) / 120 } },
      },
    ]);
  });

  it('is in the dead letter of a late event as it was sent', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([at(200, 'a', { t: 1 }), at(0, 'a', { mode: 'RUN', door: true })]);
    const [letter] = await test.deadLetters();
    expect(letter?.reason).toBe('late');
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({ values: { mode: 'RUN', door: true } });
  });
});

describe('an alert on a state', () => {
  test('fires once it has lasted, from the moment it began, and resolves when it is left', async () => {
    const test = createPipelineTest(PIPELINE);
    const stuck = async () => (await test.alerts({ rule: 'stuck' })).map(({ status }) => status);
    await test.put([at(40, 'a', { mode: 'ERROR' }), at(70, 'a', { t: 1 })]);
    expect(await stuck()).toEqual(['pending']);
    // 20 s of the first minute and the second are 80 s.
    await test.put([at(125, 'a', { t: 1 })]);
    expect(await stuck()).toEqual(['pending']);
    await test.put([at(185, 'a', { mode: 'RUN' })]);
    expect(await stuck()).toEqual(['firing']);
    await test.put([at(245, 'a', { t: 1 })]);
    expect(await stuck()).toEqual(['resolved']);
  });

  test('begins anew where the state was left meanwhile', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([
      at(10, 'a', { mode: 'ERROR' }),
      at(70, 'a', { mode: 'RUN' }),
      at(80, 'a', { mode: 'ERROR' }),
      at(125, 'a', { t: 1 }),
    ]);
    const [alert] = await test.alerts({ rule: 'stuck' });
    expect(alert).toMatchObject({ status: 'pending' });
  });

  test('is on changes, and on shares of a rollup', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([
      at(0, 'a', { mode: 'RUN' }),
      at(5, 'a', { mode: 'ERROR' }),
      at(10, 'a', { mode: 'RUN' }),
      at(15, 'a', { mode: 'ERROR' }),
      at(60, 'a', { mode: 'RUN' }),
    ]);
    expect(await test.alerts({ rule: 'flapping' })).toMatchObject([{ status: 'firing' }]);
    expect(await test.alerts({ rule: 'site-down' })).toMatchObject([{ status: 'firing' }]);
  });

  const on = (alerts: readonly AlertDefinition[]) => createPipelineTest({ ...PIPELINE, alerts });
  const error = { metric: 'mode', when: { is: 'ERROR' }, for: '5m' } as const;

  test('fires on what a source says last as soon as that has lasted, and resolves as soon as it says otherwise', async () => {
    const test = on([{ name: 'now', on: { last: 'm' }, ...error }]);
    const status = async () => (await test.alerts({ rule: 'now' })).map((alert) => alert.status);
    await test.put([at(40, 'a', { mode: 'ERROR' })]);
    expect(await status()).toEqual(['pending']);
    // Windows close meanwhile: since when it has lasted stays known.
    await test.put([at(250, 'a', { mode: 'ERROR' })]);
    expect(await status()).toEqual(['pending']);
    await test.put([at(339, 'a', { mode: 'ERROR' })]);
    expect(await status()).toEqual(['pending']);
    await test.put([at(340, 'a', { mode: 'ERROR' })]);
    expect(await test.alerts({ rule: 'now' })).toMatchObject([
      { status: 'firing', reason: 'mode is "ERROR", since 2026-01-01T00:00:40.000Z' },
    ]);
    await test.put([at(345, 'a', { mode: 'RUN' })]);
    expect(await status()).toEqual(['resolved']);
  });

  test('counts anew what was left and came back in one batch', async () => {
    const test = on([{ name: 'now', on: { last: 'm' }, ...error }]);
    await test.put([at(0, 'a', { mode: 'ERROR' })]);
    await test.put([
      at(200, 'a', { mode: 'ERROR' }),
      at(210, 'a', { mode: 'RUN' }),
      at(220, 'a', { mode: 'ERROR' }),
    ]);
    await test.put([at(310, 'a', { mode: 'ERROR' })]);
    expect(await test.alerts({ rule: 'now' })).toMatchObject([{ status: 'pending' }]);
    await test.put([at(520, 'a', { mode: 'ERROR' })]);
    expect(await test.alerts({ rule: 'now' })).toMatchObject([{ status: 'firing' }]);
  });

  test('fires on a series while any of its sources ends its windows in it, whoever that is', async () => {
    const test = on([{ name: 'site', on: { rollup: 'by-site' }, ...error, for: '2m' }]);
    for (const minute of [0, 1, 2]) {
      const mode = (source: string) => (source === 'a') === minute < 2;
      await test.put(
        ['a', 'b', 'c'].map((source) =>
          at(60 * minute, source, { mode: mode(source) && source !== 'c' ? 'ERROR' : 'RUN' }),
        ),
      );
    }
    // In the second minute `a` alone is in it, and has been for two.
    await test.put(['a', 'b', 'c'].map((source) => at(130, source, { t: 1 })));
    await test.put(['a', 'b', 'c'].map((source) => at(181, source, { mode: 'RUN' })));
    expect(await test.alerts({ rule: 'site' })).toMatchObject([{ status: 'firing' }]);
    await test.put(['a', 'b', 'c'].map((source) => at(241, source, { t: 1 })));
    expect(await test.alerts({ rule: 'site' })).toMatchObject([
      { status: 'resolved', reason: 'mode of no source was "ERROR" at the end of the window' },
    ]);
  });

  test('waits with provisional for the end of a source’s window, and of a series tells once one of its sources has ended', async () => {
    const test = on([
      { name: 'own', on: { aggregation: 'm', provisional: true }, ...error, for: '0s' },
      { name: 'site', on: { rollup: 'by-site', provisional: true }, ...error, for: '0s' },
      { name: 'final', on: { rollup: 'by-site' }, ...error, for: '0s' },
    ]);
    const statuses = async () =>
      (await test.alerts())
        .filter(({ status }) => status !== 'ok')
        .map(({ rule, status }) => `${rule} ${status}`)
        .sort();
    await test.put([at(10, 'a', { mode: 'ERROR' }), at(20, 'b', { mode: 'RUN' })]);
    expect(await statuses()).toEqual([]);
    await test.put([at(61, 'a', { t: 1 })]);
    expect(await statuses()).toEqual(['own firing', 'site firing']);
    await test.put([at(61, 'b', { t: 1 })]);
    expect(await statuses()).toEqual(['final firing', 'own firing', 'site firing']);
  });
});

describe('a series of a rollup that time was carried to', () => {
  const FEW: PipelineDefinition = {
    aggregations: [
      {
        name: 'm',
        window: { tumbling: '60s' },
        allowedLateness: '2m',
        aggregates: ['mean', 'timeWeightedMean'],
      },
    ],
    rollups: [{ name: 'by-site', of: 'm', by: ['site'] }],
    alerts: [{ name: 'few', on: { rollup: 'by-site' }, aggregate: 'events', when: { below: 1 } }],
  };
  const told = async (test: PipelineTest) =>
    (await test.transitions()).map(({ subject, to }) => ({
      values: subject.kind === 'rollup' ? subject.values : undefined,
      to,
    }));

  test('is there where the time was more than none', async () => {
    const test = createPipelineTest(FEW);
    const from = (seconds: number, site: string) => ({ ...at(seconds, 'a', { t: 1 }), tags: { site } });
    await test.put(from(10, 'x'), from(60, 'y'), from(150, 'x'));
    await test.close();
    const rows = (await test.rollups()).map(({ values, startMs, events }) => [
      values[0],
      (startMs - T0) / MINUTE,
      events,
    ]);
    // From 60 to 120 it was y all the time; from 120 to 150 still.
    expect(rows).toEqual([
      ['x', 0, 1],
      ['x', 2, 1],
      ['y', 1, 1],
      ['y', 2, 0],
    ]);
    expect(await told(test)).toEqual([{ values: ['y'], to: 'firing' }]);
  });

  test('says nothing once a late sample has taken it all', async () => {
    const test = createPipelineTest(FEW);
    const from = (seconds: number, site: string) => ({ ...at(seconds, 'a', { t: 1 }), tags: { site } });
    await test.put(from(10, 'x'), from(90, 'y'));
    await test.put({ ...from(60, 'y'), arrivedAt: T0 + 91 * SECOND });
    await test.close();
    expect(await told(test)).toEqual([]);
  });

  test.each([1, 100])(
    'is not there where a late sample took it all, with batches of %i',
    async (batchSize) => {
      const [aggregation] = FEW.aggregations;
      const definition = { ...FEW, aggregations: [{ ...aggregation, name: 'm', states: [{ of: 'mode' }] }] };
      const test = createPipelineTest(definition as PipelineDefinition, { batchSize });
      const from = (seconds: number, site: string) => ({
        ...at(seconds, 'a', { mode: 'on' }),
        tags: { site },
        arrivedAt: T0 + 91 * SECOND,
      });
      await test.put(from(10, 'x'), from(90, 'y'), from(60, 'y'));
      await test.close();
      const rows = (await test.rollups()).map(({ values, startMs }) => [values[0], (startMs - T0) / MINUTE]);
      expect(rows).toEqual([
        ['x', 0],
        ['y', 1],
      ]);
    },
  );
});
