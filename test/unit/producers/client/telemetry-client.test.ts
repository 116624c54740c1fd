// The batching client on a scripted stream, under virtual time.
import { describe, expect, test } from 'vitest';
import { PutRecordsError } from '../../../../producers/client/record-sink.ts';
import {
  createTelemetryClient,
  type TelemetryClientSetup,
} from '../../../../producers/client/telemetry-client.ts';
import {
  DeliveryFailedError,
  type UndeliveredEvent,
} from '../../../../producers/client/telemetry-client-error.ts';
import { decodeRecord } from '../../../../src/wire/record-codec.ts';
import { ALL_STORED, type Fate, ScriptedSink } from '../support/scripted-sink.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function setUp(
  overrides: Partial<Omit<TelemetryClientSetup, 'deps'>> & {
    fate?: (call: number) => Fate;
    random?: () => number;
    latencyMs?: number;
  } = {},
) {
  const { fate = () => ALL_STORED, random = () => 0.5, latencyMs = 5, ...setup } = overrides;
  const clock = new VirtualClock();
  const sink = new ScriptedSink(clock, fate, () => latencyMs);
  const client = createTelemetryClient({ stream: 'telemetry', ...setup, deps: { sink, clock, random } });
  return { clock, sink, client };
}

const event = (source: string, n = 0, more: object = {}) => ({
  source,
  time: 1_700_000_000_000 + n,
  n,
  ...more,
});
const failing = (failure: 'transient' | 'bad-record' | 'refused', message: string): Fate => ({
  kind: 'fail',
  error: new PutRecordsError(message, { code: 'Scripted', failure }),
});

describe('batching', () => {
  test('packs what one source puts within the linger time into one record under its partition key', async () => {
    const { clock, sink, client } = setUp();
    for (let n = 0; n < 3; n++) await client.put(event('a', n));
    await client.put(event('b', 9));
    await clock.advance(99);
    expect(sink.calls).toEqual([]);
    await clock.advance(6);
    expect(sink.calls).toEqual([['a', 'b']]);
    expect(sink.firsts('a')).toEqual([0, 1, 2]);
    expect(client.stats()).toMatchObject({ accepted: 4, delivered: 4, records: 2, calls: 1, retries: 0 });
  });

  test('states the source once and leaves everything else as it was', async () => {
    const { clock, sink, client } = setUp({ options: { stampIds: false } });
    await client.put({ source: 'é"', id: 7, time: '2024-01-01T00:00:00Z', values: { x: 1.5 }, extra: null });
    await clock.until(client.flush());
    expect(Buffer.from(sink.data[0] ?? []).toString()).toBe(
      '{"source":"é\\"","events":[{"id":7,"time":"2024-01-01T00:00:00Z","values":{"x":1.5},"extra":null}]}',
    );
  });

  test('takes an event as it is when put, not as its owner changes it later', async () => {
    const { clock, sink, client } = setUp();
    const mutable = { source: 'a', time: 1, n: 1 };
    await client.put(mutable);
    mutable.n = 2;
    await clock.until(client.flush());
    expect(sink.firsts('a')).toEqual([1]);
  });

  test('splits a source’s events into records of at most the record limit, partition key included', async () => {
    const { clock, sink, client } = setUp({ options: { maxRecordBytes: 300 } });
    for (let n = 0; n < 20; n++) await client.put(event('device-ü', n, { pad: 'ß'.repeat(n) }));
    await clock.until(client.flush());
    expect(sink.firsts('device-ü')).toEqual([...Array(20).keys()]);
    for (const data of sink.data)
      expect(data.length + Buffer.byteLength('device-ü')).toBeLessThanOrEqual(300);
    expect(sink.data.length).toBeLessThan(20);
  });

  test('sends no more than 500 records in a call, and no source twice in one', async () => {
    const { clock, sink, client } = setUp();
    for (let n = 0; n < 1_201; n++) await client.put(event(`d-${n}`, n));
    await clock.until(client.flush());
    expect(sink.calls.map((keys) => keys.length)).toEqual([500, 500, 201]);
  });

  test('puts no more events into a record than a consumer takes', async () => {
    const { clock, sink, client } = setUp({ options: { stampIds: false } });
    for (let n = 0; n < 25_000; n++) void client.put({ source: 'a', time: n });
    await clock.until(client.flush());
    const items = sink.data.map((data) => decodeRecord(Buffer.from(data).toString('base64')));
    expect(items.map((each) => each.length)).toEqual([10_000, 10_000, 5_000]);
    expect(items.flat().every((item) => item.kind === 'event')).toBe(true);
  });

  test('sends at once when a record is full, without waiting out the linger time', async () => {
    const { clock, sink, client } = setUp({ options: { maxRecordBytes: 200, lingerMs: 1_000_000 } });
    for (let n = 0; n < 5; n++) await client.put(event('a', n));
    await clock.advance(50);
    expect(sink.stored.length).toBeGreaterThan(0);
  });

  test('gzips records above the threshold, and none below', async () => {
    const { clock, sink, client } = setUp({ options: { gzipAboveBytes: 500 } });
    await client.put(event('small'));
    for (let n = 0; n < 50; n++) await client.put(event('large', n));
    await clock.until(client.flush());
    expect(sink.data.map((data) => data[0] === 0x1f)).toEqual([false, true]);
    expect(sink.firsts('large')).toHaveLength(50);
  });
});

describe('what the client will not take', () => {
  test.each([
    ['an array', [1], 'event: found an array of 1, expected an object'],
    ['null', null, 'event: found null, expected an object'],
    ['no source', { time: 1 }, /^source: found nothing, expected/],
    ['a numeric source', { source: 7 }, /^source: found the number 7, expected/],
    ['an empty source', { source: '' }, /^source: found the text "", expected/],
    ['a long source', { source: 'x'.repeat(129) }, /^source: found the text "x+…", expected/],
    ['a control character', { source: 'a\n' }, /^source: found the text "a\\n", expected/],
    ['half a surrogate pair', { source: 'a\ud800' }, /^source: found the text/],
    ['a cycle', cyclic(), /^event of a has no JSON form: Converting circular structure/],
    [
      'a bigint',
      { source: 'a', id: 1n },
      /^event of a has no JSON form: Do not know how to serialize a BigInt/,
    ],
  ])('%s', async (_, bad, message) => {
    const { client } = setUp();
    await expect(client.put(bad as never)).rejects.toThrow(message);
    expect(client.stats()).toMatchObject({ accepted: 0, buffered: 0, bufferedBytes: 0 });
  });

  test('an event that alone exceeds a record', async () => {
    const { client } = setUp();
    await expect(client.put(event('a', 0, { pad: 'x'.repeat(1024 * 1024) }))).rejects.toMatchObject({
      code: 'event-too-large',
      message: expect.stringMatching(/^event of a makes a record of 10\d{5} bytes; at most 1048576 fit$/),
    });
  });

  test('but 128 characters outside the basic plane are 128 characters', async () => {
    const { clock, sink, client } = setUp();
    await client.put(event('🌊'.repeat(128)));
    await clock.until(client.flush());
    expect(sink.stored).toHaveLength(1);
  });

  test('options that cannot hold together', () => {
    expect(() => setUp({ options: { maxRecordsPerCall: 501 } })).toThrow(
      'maxRecordsPerCall must be at most 500; found 501',
    );
    expect(() => setUp({ options: { lingerMs: -1 } })).toThrow('lingerMs must be an integer ≥ 0; found -1');
    expect(() => setUp({ options: { maxBufferedBytesPerSource: 1024 } })).toThrow(
      'maxBufferedBytesPerSource must hold a record and 128 bytes; found 1024',
    );
    expect(() => setUp({ options: { maxBufferedBytes: 2 * 1024 * 1024 } })).toThrow(
      'maxBufferedBytesPerSource must be at most maxBufferedBytes (2097152); found 4194304',
    );
  });
});

describe('ids', () => {
  test('are given to events without one, and to no others', async () => {
    const { clock, sink, client } = setUp();
    await client.put(event('a', 0));
    await client.put(event('a', 1, { id: 'own' }));
    await client.put(event('a', 2, { id: 0 }));
    await clock.until(client.flush());
    expect(sink.stored.map(({ id }) => id)).toEqual(['i00000i00000-0', 'own', 0]);
  });

  test('can be left out, for recordings that are to stay as they are', async () => {
    const { clock, sink, client } = setUp({ options: { stampIds: false } });
    await client.put(event('a', 0));
    await clock.until(client.flush());
    expect(sink.stored[0]).not.toHaveProperty('id');
  });

  test('stay the same when a record is sent again after a lost answer', async () => {
    const { clock, sink, client } = setUp({
      fate: (call) => (call === 0 ? { kind: 'lose-answer', how: 'silence' } : ALL_STORED),
    });
    await client.put(event('a', 0));
    await clock.until(client.flush());
    const ids = sink.stored.map(({ id }) => id);
    expect(ids).toEqual(['i00000i00000-0', 'i00000i00000-0']);
    expect(client.stats()).toMatchObject({ accepted: 1, delivered: 1, records: 1, calls: 2, retries: 1 });
  });
});

describe('retries', () => {
  test('concern the refused record alone, after a random share of an exponential wait', async () => {
    const refuseA: Fate = { kind: 'answer', refuse: (key) => key === 'a' };
    const { clock, sink, client } = setUp({
      fate: (call) => (call < 3 ? refuseA : ALL_STORED),
      options: { lingerMs: 0, backoffBaseMs: 100, backoffCapMs: 250 },
      latencyMs: 0,
    });
    const startMs = clock.nowMs();
    await client.put(event('a'));
    await client.put(event('b'));
    await clock.until(client.flush());
    expect(sink.calls).toEqual([['a', 'b'], ['a'], ['a'], ['a']]);
    // Half of 100, of 200 and of the cap.
    expect(clock.nowMs() - startMs).toBe(50 + 100 + 125);
    expect(client.stats()).toMatchObject({ records: 2, calls: 4, retries: 3 });
  });

  test('do not hold other sources: b goes on while a backs off', async () => {
    const { clock, sink, client } = setUp({
      fate: () => ({ kind: 'answer', refuse: (key) => key === 'a' && clock.nowMs() < 1_700_000_060_000 }),
      options: { lingerMs: 10, maxAttempts: 1_000 },
    });
    await client.put(event('a', 0));
    for (let n = 0; n < 50; n++) {
      await client.put(event('a', n + 1));
      await client.put(event('b', n));
      await clock.advance(20);
    }
    expect(sink.firsts('b')).toEqual([...Array(50).keys()]);
    expect(sink.firsts('a')).toEqual([]);
    await clock.until(client.close());
    expect(sink.firsts('a')).toEqual([...Array(51).keys()]);
  });

  test('stop at the bound of attempts; the events are reported as they went out', async () => {
    const failed: { events: readonly UndeliveredEvent[]; error: unknown }[] = [];
    const { clock, sink, client } = setUp({
      fate: () => failing('transient', 'service down'),
      options: { maxAttempts: 3 },
      onFailed: (events, error) => failed.push({ events, error }),
    });
    await client.put(event('a', 1));
    await client.put(event('a', 2));
    await expect(clock.until(client.flush())).rejects.toThrow(
      '2 accepted event(s) could not be delivered; first error: service down',
    );
    expect(sink.calls).toHaveLength(3);
    expect(failed).toMatchObject([
      { events: [event('a', 1, { id: 'i00000i00000-0' }), event('a', 2, { id: 'i00000i00000-1' })] },
    ]);
    expect(client.stats()).toMatchObject({ accepted: 2, delivered: 0, failed: 2, records: 0, buffered: 0 });
    await clock.until(client.flush());
  });

  test('stop at the bound of age', async () => {
    const { clock, client } = setUp({
      fate: () => failing('transient', 'service down'),
      options: { maxAttempts: 1_000, maxAgeMs: 30_000 },
    });
    const startMs = clock.nowMs();
    await client.put(event('a'));
    await expect(clock.until(client.close())).rejects.toBeInstanceOf(DeliveryFailedError);
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(30_000);
    expect(clock.nowMs() - startMs).toBeLessThan(45_000);
  });

  test('are not tried for what will be refused every time', async () => {
    const { clock, sink, client } = setUp({ fate: () => failing('refused', 'no such stream') });
    await client.put(event('a'));
    await expect(clock.until(client.flush())).rejects.toThrow('no such stream');
    expect(sink.calls).toHaveLength(1);
  });

  test('isolate the record a call was refused for, so that the others pass', async () => {
    const { clock, sink, client } = setUp({
      fate: (call) => (sink.calls[call]?.includes('bad') ? failing('bad-record', 'malformed') : ALL_STORED),
    });
    for (const source of ['a', 'bad', 'b']) await client.put(event(source));
    await expect(clock.until(client.flush())).rejects.toMatchObject({
      failedEvents: 1,
      events: [{ source: 'bad' }],
    });
    expect(sink.stored.map(({ source }) => source)).toEqual(['a', 'b']);
    expect(sink.calls).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  });
});

describe('back-pressure', () => {
  test('put waits while the buffer is full, and is served in order', async () => {
    const { clock, sink, client } = setUp({
      options: { maxRecordBytes: 300, maxBufferedBytesPerSource: 500, maxBufferedBytes: 500 },
      latencyMs: 1_000,
    });
    const accepted: number[] = [];
    for (let n = 0; n < 12; n++) void client.put(event('a', n)).then(() => accepted.push(n));
    await clock.settle();
    const before = accepted.length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(12);
    expect(client.stats()).toMatchObject({ accepted: before, waiting: 12 - before });
    expect(client.stats().bufferedBytes).toBeLessThanOrEqual(500);
    await clock.until(client.flush());
    expect(accepted).toEqual([...Array(12).keys()]);
    expect(sink.firsts('a')).toEqual([...Array(12).keys()]);
  });

  test('a source in trouble fills its own share of the buffer and no more', async () => {
    const { clock, sink, client } = setUp({
      fate: () => ({ kind: 'answer', refuse: (key) => key === 'a' }),
      options: {
        maxRecordBytes: 300,
        maxBufferedBytesPerSource: 600,
        maxBufferedBytes: 2_000,
        maxAttempts: 1_000,
      },
    });
    const stuck = Array.from({ length: 20 }, (_, n) => client.put(event('a', n)));
    for (let n = 0; n < 20; n++) await clock.until(client.put(event('b', n)));
    await clock.advance(1_000);
    expect(sink.firsts('b')).toEqual([...Array(20).keys()]);
    expect(client.stats().waiting).toBeGreaterThan(10);
    expect(stuck).toHaveLength(20);
  });
});

describe('flush and close', () => {
  test('flush sends at once and waits for what was put before it, not for what comes after', async () => {
    const { clock, sink, client } = setUp({ options: { lingerMs: 60_000 }, latencyMs: 100 });
    await client.put(event('a', 0));
    const startMs = clock.nowMs();
    const flushed = client.flush();
    await clock.advance(50);
    await client.put(event('b', 1));
    await clock.until(flushed);
    expect(clock.nowMs() - startMs).toBe(100);
    expect(sink.firsts('b')).toEqual([]);
    await clock.until(client.close());
    expect(sink.firsts('b')).toEqual([1]);
  });

  test('flush of nothing resolves at once', async () => {
    const { client } = setUp();
    await client.flush();
  });

  test('each failure is told by the next flush and no other', async () => {
    const { clock, client } = setUp({
      fate: (call) => (call === 0 ? failing('refused', 'no') : ALL_STORED),
    });
    await client.put(event('a', 0));
    await clock.advance(1_000);
    await client.put(event('a', 1));
    await expect(clock.until(client.flush())).rejects.toMatchObject({ failedEvents: 1, events: [{ n: 0 }] });
    await clock.until(client.close());
  });

  test('put refuses when too many given-up events wait to be taken', async () => {
    const { clock, client } = setUp({
      fate: () => failing('refused', 'no'),
      options: { maxUndeliveredEvents: 2 },
    });
    await client.put(event('a', 0));
    await client.put(event('a', 1));
    await clock.advance(1_000);
    await expect(client.put(event('a', 2))).rejects.toMatchObject({ code: 'undelivered-full' });
    await expect(clock.until(client.flush())).rejects.toMatchObject({ failedEvents: 2 });
    await client.put(event('a', 2));
  });

  test('close takes along what waits for room, then takes no more', async () => {
    const { clock, sink, client } = setUp({
      options: { maxRecordBytes: 300, maxBufferedBytesPerSource: 500, maxBufferedBytes: 500 },
    });
    const puts = Array.from({ length: 10 }, (_, n) => client.put(event('a', n)));
    const closed = client.close();
    expect(client.close()).toBe(closed);
    await expect(client.put(event('a', 11))).rejects.toMatchObject({
      code: 'closed',
      message: 'put after close',
    });
    await clock.until(closed);
    await Promise.all(puts);
    expect(sink.firsts('a')).toHaveLength(10);
    expect(clock.sleeping).toBe(0);
  });
});

function cyclic(): object {
  const event: Record<string, unknown> = { source: 'a' };
  event['self'] = event;
  return event;
}
