import { describe, expect, it } from 'vitest';
import type { RecordResult, RecordSink } from '../../../../producers/client/record-sink.ts';
import { createTelemetryClient } from '../../../../producers/client/telemetry-client.ts';
import { readLoad } from '../../../../producers/load/load-environment.ts';
import { runLoad } from '../../../../producers/load/run-load.ts';
import { VirtualClock } from '../../../../src/event-source/virtual-clock.ts';

const START_MS = Date.UTC(2026, 10, 28, 9);

/** A stream that takes each record at the second attempt where `busy` says so. */
function load({ busy = false, endAfterMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new VirtualClock(START_MS);
  const sources = new Set<string>();
  const seen = new Set<string>();
  const sink: RecordSink = {
    putRecords: async ({ records }) =>
      records.map(({ partitionKey, data }): RecordResult => {
        const key = `${partitionKey} ${Buffer.from(data).toString('base64')}`;
        if (busy && !seen.has(key)) {
          seen.add(key);
          return { kind: 'refused', code: 'ProvisionedThroughputExceededException', message: 'slow down' };
        }
        sources.add(partitionKey);
        return { kind: 'stored' };
      }),
  };
  const client = createTelemetryClient({ stream: 's', deps: { sink, clock, random: () => 0.5 } });
  const ended = new AbortController();
  void clock
    .sleep(endAfterMs === Number.POSITIVE_INFINITY ? 3_600_000 : endAfterMs)
    .then(() => ended.abort());
  const settings = { rate: 50, seconds: 60, seed: 'x1' };
  return { done: clock.run(runLoad(settings, { client, clock, signal: ended.signal })), sources };
}

describe('a load', () => {
  it('sends about as many events a second as it is asked for, as long as it is asked to, of devices of its own', async () => {
    const { done, sources } = load();
    const report = await done;
    expect(report).toMatchObject({ rate: 50, seconds: 60, failed: 0, retries: 0 });
    expect(report.acceptedPerSecond).toBeGreaterThan(40);
    expect(report.acceptedPerSecond).toBeLessThan(60);
    expect(report.tookMs).toBeGreaterThan(58_000);
    expect(report.tookMs).toBeLessThan(62_000);
    expect([...sources].every((source) => source.startsWith('load-x1-sensor-'))).toBe(true);
    expect(sources.size).toBe(50);
  });

  it('says how often a stream that is full had it send again', async () => {
    const report = await load({ busy: true }).done;
    expect(report.retries).toBeGreaterThan(10);
    expect(report.failed).toBe(0);
  });

  it('that is ended early reports what was sent until then', async () => {
    const report = await load({ endAfterMs: 10_000 }).done;
    expect(report.tookMs).toBeLessThan(15_000);
    expect(report.accepted).toBeGreaterThan(300);
  });

  it.each([
    [{}, 'TIDEMILL_LOAD_STREAM: found "", expected the name of a Kinesis stream'],
    [{ TIDEMILL_LOAD_RATE: '0' }, 'TIDEMILL_LOAD_RATE: found "0", expected a whole number from 1 to 10000'],
    [
      { TIDEMILL_LOAD_RATE: '10001' },
      'TIDEMILL_LOAD_RATE: found 10001, expected a whole number from 1 to 10000',
    ],
    [{ TIDEMILL_LOAD_SEED: 'a b' }, 'TIDEMILL_LOAD_SEED: found "a b", expected letters, digits and hyphens'],
  ])('refuses an environment that says something else: %o', (said, message) => {
    const usual = { TIDEMILL_LOAD_RATE: '1', TIDEMILL_LOAD_SECONDS: '1', TIDEMILL_LOAD_SEED: 'a' };
    const stream = Object.keys(said).length === 0 ? {} : { TIDEMILL_LOAD_STREAM: 's' };
    expect(() => readLoad({ ...usual, ...stream, ...said })).toThrow(message);
  });
});
