import { describe, expect, it } from 'vitest';
import { toBus, toStream } from '../../../consumers/outlet/destination.ts';
import { createOutlet } from '../../../consumers/outlet/outlet.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import type { BusEntry } from '../../../src/platform/event-bus.ts';
import { OutletMessages } from '../../../src/stores/outlet-messages.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Observed } from '../../support/observed.ts';
import { StoredTables } from '../../support/stored-tables.ts';

const body = (id: string, text = '') => ({ id, kind: 'late', text });

/** The change stream of messages that were put, each in turn. */
async function recordsOf(messages: readonly { readonly id: string; readonly text?: string }[]) {
  const tables = new StoredTables();
  const store = new OutletMessages(tables.outlet);
  for (const { id, text } of messages)
    await store.put([{ id, key: `key of ${id}`, body: body(id, text) }], 0);
  return tables.changes.outlet.map((change, at) => changeRecord(change, sequenceOf(at)));
}

function setUp(put: (ids: readonly string[]) => readonly (string | undefined)[]) {
  const observed = new Observed();
  const clock = new VirtualClock(0);
  const idOf = (text: string) => String(JSON.parse(text).id);
  const stream = toStream({
    put: async (records) => put(records.map(({ data }) => idOf(Buffer.from(data).toString()))),
  });
  const outlet = createOutlet({ destination: stream, clock, log: observed.log, meter: observed.meter });
  const run = async (Records: Awaited<ReturnType<typeof recordsOf>>) => {
    const answered = outlet({ Records });
    let done = false;
    void answered.finally(() => {
      done = true;
    });
    while (!done) await clock.advance(100);
    return await answered;
  };
  return { run, observed };
}

describe('the outlet', () => {
  it('sends each message once, in the order they were noted', async () => {
    const sent: string[] = [];
    const { run } = setUp((ids) => {
      sent.push(...ids);
      return ids.map(() => undefined);
    });
    const records = await recordsOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'c' }]);
    expect(await run(records)).toEqual({ batchItemFailures: [] });
    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('sends again what was not taken, and reports the first that is not taken in the end', async () => {
    const calls: (readonly string[])[] = [];
    const { run, observed } = setUp((ids) => {
      calls.push(ids);
      return ids.map((id) => (id === 'b' || (id === 'c' && calls.length < 3) ? 'throttled' : undefined));
    });
    const answer = await run(await recordsOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceOf(1) }] });
    expect(calls).toEqual([['a', 'b', 'c'], ['b', 'c'], ['b', 'c'], ['b']]);
    expect(observed.published).toMatchObject([{ sent: 2, failures: 1 }]);
  });

  it('fills calls as full as they may be, by number and by bytes', async () => {
    const calls: number[] = [];
    const { run } = setUp((ids) => {
      calls.push(ids.length);
      return ids.map(() => undefined);
    });
    const large = 'x'.repeat(150_000);
    await run(await recordsOf(Array.from({ length: 30 }, (_, at) => ({ id: `l${at}`, text: large }))));
    await run(await recordsOf(Array.from({ length: 501 }, (_, at) => ({ id: `s${at}` }))));
    expect(calls).toEqual([26, 4, 500, 1]);
  });

  it('gives the event bus the kind as the detail type', async () => {
    const entries: BusEntry[] = [];
    const bus = toBus({
      put: async (taken) => {
        entries.push(...taken);
        return taken.map(() => undefined);
      },
    });
    await bus.put([{ key: 'k', body: JSON.stringify(body('a')) }]);
    expect(entries).toEqual([
      { source: 'tidemill.outlet', detailType: 'late', detail: '{"id":"a","kind":"late","text":""}' },
    ]);
  });
});
