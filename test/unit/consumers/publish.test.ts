import { describe, expect, it } from 'vitest';
import { createPublish } from '../../../consumers/publish/publish.ts';
import type { AlertState } from '../../../src/core/alerts/alert-state.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import type { BusEntry, EventBus } from '../../../src/platform/event-bus.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Observed } from '../../support/observed.ts';
import { StoredTables } from '../../support/stored-tables.ts';

/** Records of so many alerts, each firing for the first time. */
async function firings(count: number) {
  const tables = new StoredTables();
  const alerts = new Alerts(tables.alerts);
  const state: AlertState = {
    ...BLANK_ALERT,
    status: 'firing',
    sequence: 1,
    transitions: [
      {
        sequence: 1,
        from: 'ok',
        to: 'firing',
        severity: 'info',
        reason: 'why',
        window: { start: 0, end: 1, revision: 1, value: 2 },
      },
    ],
  };
  await alerts.commit(
    Array.from({ length: count }, (_, at) => ({
      rule: 'r',
      series: `source|a|s${at}`,
      expectedVersion: undefined,
      state,
      checkAtMs: undefined,
    })),
  );
  return tables.changes.alerts.map((change, at) => changeRecord(change, sequenceOf(at)));
}

/** `callMs`: what a call of the bus takes; `limitMs`: what an invocation may take. */
function setUp(
  answer: (entry: BusEntry, call: number) => string | undefined,
  { callMs = 0, limitMs = 60_000 }: { readonly callMs?: number; readonly limitMs?: number } = {},
) {
  const calls: string[][] = [];
  const bus: EventBus = {
    put: async (entries) => {
      calls.push(entries.map(({ detail }) => JSON.parse(detail).subject.source));
      if (callMs > 0) await clock.sleep(callMs);
      return entries.map((entry) => answer(entry, calls.length));
    },
  };
  const observed = new Observed();
  const clock = new VirtualClock(0);
  const publish = createPublish({ bus, clock, log: observed.log, meter: observed.meter });
  const run = async (Records: Awaited<ReturnType<typeof firings>>) => {
    const endsMs = clock.nowMs() + limitMs;
    const answered = publish({ Records }, { getRemainingTimeInMillis: () => endsMs - clock.nowMs() });
    let done = false;
    void answered.finally(() => {
      done = true;
    });
    while (!done) await clock.advance(100);
    return await answered;
  };
  return { calls, observed, run };
}

describe('publishing', () => {
  it('puts record by record, under names that rules can match', async () => {
    const entries: BusEntry[] = [];
    const { calls, run } = setUp((entry) => void entries.push(entry));
    expect(await run(await firings(23))).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual(Array.from({ length: 23 }, (_, at) => [`s${at}`]));
    expect(entries[0]).toMatchObject({ source: 'tidemill.alerts', detailType: 'Alert Transition' });
    expect(JSON.parse(entries[0]?.detail ?? '')).toMatchObject({
      id: 'r/source|a|s0/1',
      to: 'firing',
      severity: 'info',
    });
  });

  it('puts again what was not taken, and only that', async () => {
    const { calls, run } = setUp((entry, call) =>
      call === 2 && entry.detail.includes('s1') ? 'ThrottlingException: slow' : undefined,
    );
    expect(await run(await firings(3))).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([['s0'], ['s1'], ['s1'], ['s2']]);
  });

  it('reports from where on the batch is to come again, and puts nothing of what comes behind', async () => {
    const { calls, observed, run } = setUp((entry) =>
      entry.detail.includes('s1') ? 'InternalFailure: no' : undefined,
    );
    expect(await run(await firings(3))).toEqual({
      batchItemFailures: [1, 2].map((at) => ({ itemIdentifier: sequenceOf(at) })),
    });
    expect(calls).toEqual([['s0'], ['s1'], ['s1'], ['s1'], ['s1']]);
    expect(observed.latest()).toMatchObject({ published: 1, failures: 2 });
    expect(observed.lines[0]).toMatchObject({
      level: 'error',
      fields: { first: 'InternalFailure: no' },
    });
  });

  it('passes over a change that it cannot read, counts it, and publishes what comes behind it', async () => {
    const { calls, observed, run } = setUp(() => undefined);
    const [first, second, third] = await firings(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three changes');
    const state = { B: Buffer.from([99]).toString('base64') };
    const torn = {
      ...second,
      dynamodb: { ...second.dynamodb, NewImage: { ...second.dynamodb.NewImage, state } },
    };
    expect(await run([first, torn, third])).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([['s0'], ['s2']]);
    expect(observed.latest()).toMatchObject({ published: 2, unreadableChanges: 1, failures: 0 });
    expect(observed.lines[0]).toMatchObject({ level: 'error' });
  });

  it('answers that all have failed where the first has, and keeps nothing for the next batch', async () => {
    let works = false;
    const { calls, run } = setUp(() => (works ? undefined : 'InternalFailure: no'));
    const records = await firings(3);
    expect((await run(records)).batchItemFailures).toHaveLength(3);
    expect(calls).toHaveLength(4);
    works = true;
    expect(await run(records)).toEqual({ batchItemFailures: [] });
    expect(calls.slice(4)).toEqual([['s0'], ['s1'], ['s2']]);
  });

  it('leaves to the next delivery what it has no time for, and publishes nothing twice', async () => {
    const { calls, observed, run } = setUp(() => undefined, { callMs: 1_000, limitMs: 10_000 });
    const records = await firings(12);
    for (let left = records; left.length > 0; ) {
      const first = (await run(left)).batchItemFailures[0]?.itemIdentifier;
      const at = left.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === first);
      left = at < 0 ? [] : left.slice(at);
    }
    expect(calls).toEqual(Array.from({ length: 12 }, (_, at) => [`s${at}`]));
    expect(observed.lines[0]?.fields).toMatchObject({
      first: 'no time left: 2000 ms, and a record took up to 1000 ms',
    });
  });

  it('tries the first record however little time there is: a slow bus is got through one by one', async () => {
    const { calls, run } = setUp(() => undefined, { callMs: 1_000, limitMs: 1_500 });
    expect((await run(await firings(3))).batchItemFailures).toHaveLength(2);
    expect(calls).toEqual([['s0']]);
  });
});
