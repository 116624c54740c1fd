// Laws of the batching client, under any pattern of refused records, failed calls and lost answers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OutgoingRecord, PutRecordsError } from '../../../producers/client/record-sink.ts';
import {
  createTelemetryClient,
  type TelemetryClient,
  type TelemetryClientSetup,
} from '../../../producers/client/telemetry-client.ts';
import {
  DeliveryFailedError,
  type UndeliveredEvent,
} from '../../../producers/client/telemetry-client-error.ts';
import { atLeast, runs } from '../../support/runs.ts';
import { type Fate, ScriptedSink } from '../../unit/producers/support/scripted-sink.ts';
import { VirtualClock } from '../../unit/producers/support/virtual-clock.ts';

const failure = (kind: 'transient' | 'bad-record' | 'refused') => ({
  kind: 'fail' as const,
  error: new PutRecordsError(`a ${kind} failure`, { code: 'Scripted', failure: kind }),
});

const refusals: fc.Arbitrary<Fate> = fc
  .bigInt(1n, (1n << 40n) - 1n)
  .map((mask): Fate => ({ kind: 'answer', refuse: (_, i) => ((mask >> BigInt(i % 40)) & 1n) === 1n }));
const transientFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fate>({ kind: 'answer', refuse: () => false }) },
  { weight: 5, arbitrary: refusals },
  { weight: 1, arbitrary: fc.constant<Fate>(failure('transient')) },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: 'fail', error: new Error('nobody knows') }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fate>(
      { kind: 'lose-answer', how: 'reset' },
      { kind: 'lose-answer', how: 'silence' },
    ),
  },
);
const anyFate = fc.oneof(
  { weight: 12, arbitrary: transientFate },
  { weight: 1, arbitrary: fc.constantFrom<Fate>(failure('bad-record'), failure('refused')) },
);

const steps = fc.array(
  fc.record({
    source: fc.integer({ min: 0, max: 5 }).map((n) => `device-${n}`),
    pauseMs: fc.constantFrom(0, 0, 0, 0, 1, 7, 30, 120),
    pad: fc.constantFrom(0, 0, 10, 60),
    awaited: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

const options = fc.record({
  maxRecordsPerCall: fc.integer({ min: 1, max: 4 }),
  maxRecordBytes: fc.constant(220),
  maxCallBytes: fc.constantFrom(220, 500, 5 * 1024 * 1024),
  lingerMs: fc.constantFrom(0, 10, 100),
  maxCallsInFlight: fc.integer({ min: 1, max: 4 }),
  maxBufferedBytesPerSource: fc.constantFrom(400, 1_000),
  maxBufferedBytes: fc.constantFrom(1_000, 2_000, 100_000),
  maxAttempts: fc.constantFrom(1, 2, 4, 50),
  callTimeoutMs: fc.constant(200),
  gzipAboveBytes: fc.constantFrom(undefined, 100),
});

/** A run of the client on a script; after the script every call succeeds. */
const scenario = (fate: fc.Arbitrary<Fate>) =>
  fc.record({
    steps,
    options,
    fates: fc.array(fate, { maxLength: 40 }),
    latencies: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 10 }),
    seed: fc.integer({ min: 1, max: 0x7fffffff }),
    withCallback: fc.boolean(),
  });
type Scenario = ReturnType<typeof scenario> extends fc.Arbitrary<infer T> ? T : never;

async function run(given: Scenario, makeClient: typeof createTelemetryClient = createTelemetryClient) {
  const clock = new VirtualClock();
  const sink = new ScriptedSink(
    clock,
    (call) => given.fates[call] ?? { kind: 'answer', refuse: () => false },
    (call) => given.latencies[call % given.latencies.length] ?? 0,
  );
  const reported: UndeliveredEvent[] = [];
  let state = given.seed;
  const random = () => {
    state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
    return state / 0x7fffffff;
  };
  const client = makeClient({
    stream: 'telemetry',
    deps: { sink, clock, random },
    options: given.options,
    ...(given.withCallback && { onFailed: (events) => reported.push(...events) }),
  });
  let peakBytes = 0;
  const puts: Promise<void>[] = [];
  const put = async () => {
    for (const [n, step] of given.steps.entries()) {
      if (step.pauseMs > 0) await clock.sleep(step.pauseMs);
      const accepted = client.put({ source: step.source, time: n, n, pad: 'x'.repeat(step.pad) });
      puts.push(accepted);
      peakBytes = Math.max(peakBytes, client.stats().bufferedBytes);
      if (step.awaited) await accepted;
    }
  };
  await clock.until(put());
  const closed = client.close().then(
    () => undefined,
    (error: unknown) => error,
  );
  const closing = await clock.until(closed);
  await clock.until(Promise.all(puts));
  if (closing instanceof DeliveryFailedError) reported.push(...closing.events);
  return { clock, sink, client, reported, closing, peakBytes };
}

/** Does what many producers do: a call at a time, a record an event, and what was refused goes to the end of the queue. */
function createOvertakingClient(setup: TelemetryClientSetup): TelemetryClient {
  const { deps, stream } = setup;
  const honest = createTelemetryClient(setup);
  const queue: OutgoingRecord[] = [];
  return {
    stats: () => honest.stats(),
    flush: () => honest.flush(),
    async put(event) {
      const { source, ...rest } = event;
      const data = Buffer.from(JSON.stringify({ source, events: [rest] }));
      queue.push({ partitionKey: String(source), data });
    },
    async close() {
      for (let records = queue.splice(0, 2); records.length > 0; records = queue.splice(0, 2)) {
        const call = deps.sink.putRecords({ streamName: stream, records }, new AbortController().signal);
        const results = await call.catch(() => []);
        queue.push(...records.filter((_, i) => results[i]?.kind !== 'stored'));
      }
    },
  };
}

const numbersOf = (events: readonly { source: string; n?: unknown }[], source: string) =>
  events.filter((event) => event.source === source).map((event) => event.n);

describe('the batching client', () => {
  test('delivers every accepted event at least once, or reports it', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyFate), async (given) => {
        const { sink, client, reported, closing } = await run(given);
        const arrived = new Set([...sink.stored, ...reported].map((event) => event['n']));
        expect(arrived.size).toBe(given.steps.length);
        expect(client.stats()).toMatchObject({
          accepted: given.steps.length,
          delivered: given.steps.length - reported.length,
          failed: reported.length,
          buffered: 0,
          bufferedBytes: 0,
          waiting: 0,
          calls: sink.calls.length,
        });
        expect(closing instanceof DeliveryFailedError).toBe(reported.length > 0);
        if (closing instanceof DeliveryFailedError) expect(closing.failedEvents).toBe(reported.length);
      }),
      { numRuns: runs(150) },
    );
  });

  test('keeps the order of each source: first deliveries come as put, whatever is sent again', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(transientFate), async (given) => {
        const { sink, reported } = await run({ ...given, options: { ...given.options, maxAttempts: 50 } });
        expect(reported).toEqual([]);
        for (const source of new Set(given.steps.map((step) => step.source))) {
          const put = given.steps.flatMap((step, n) => (step.source === source ? [n] : []));
          expect(sink.firsts(source)).toEqual(put);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test('that law finds out a client whose retries are overtaken', async () => {
    const result = await fc.check(
      fc.asyncProperty(scenario(refusals), async (given) => {
        const { sink } = await run(given, createOvertakingClient);
        for (const source of new Set(given.steps.map((step) => step.source))) {
          const put = given.steps.flatMap((step, n) => (step.source === source ? [n] : []));
          expect(sink.firsts(source)).toEqual(put);
        }
      }),
      { numRuns: atLeast(300) },
    );
    expect(result.failed).toBe(true);
    expect(result.counterexample?.[0].steps.length).toBeGreaterThanOrEqual(2);
  });

  test('keeps that order among what is delivered also when records are given up', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyFate), async (given) => {
        const { sink, reported } = await run(given);
        for (const source of new Set(given.steps.map((step) => step.source))) {
          const lost = new Set(numbersOf(reported, source));
          const delivered = sink.firsts(source).filter((n) => !lost.has(n));
          expect(delivered).toEqual([...delivered].sort((a, b) => Number(a) - Number(b)));
          expect(numbersOf(reported, source)).toEqual([...lost].sort((a, b) => Number(a) - Number(b)));
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test('never has two records of one source out, nor more calls, records or bytes than its bounds', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyFate), async (given) => {
        const { sink, peakBytes } = await run(given);
        expect(sink.violations).toEqual([]);
        expect(sink.maxCallsAtOnce).toBeLessThanOrEqual(given.options.maxCallsInFlight);
        expect(peakBytes).toBeLessThanOrEqual(given.options.maxBufferedBytes);
        for (const keys of sink.calls) {
          expect(new Set(keys).size).toBe(keys.length);
          expect(keys.length).toBeLessThanOrEqual(given.options.maxRecordsPerCall);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test('repeats bytes, never identities: a stamped id belongs to one event alone', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyFate), async (given) => {
        const { sink, reported } = await run(given);
        const eventOf = new Map<unknown, unknown>();
        for (const event of [...sink.stored, ...reported]) {
          const id = event['id'];
          expect(typeof id === 'string' && id.length <= 64).toBe(true);
          expect(eventOf.get(id) ?? event['n']).toBe(event['n']);
          eventOf.set(id, event['n']);
        }
        expect(eventOf.size).toBe(given.steps.length);
      }),
      { numRuns: runs(100) },
    );
  });
});
