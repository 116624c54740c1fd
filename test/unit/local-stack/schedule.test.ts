import { describe, expect, it } from 'vitest';
import type { InvokeOutcome } from '../../../src/event-source/ports.ts';
import { runSchedule } from '../../../src/local-stack/schedule.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { functionSpec } from '../../support/function-spec.ts';

const START_MS = Date.UTC(2026, 0, 1);
const ARN = 'arn:aws:events:eu-west-1:000000000000:rule/S-EveryMinute';

/** Time passes by sleeping alone; the run ends at `endMs`. */
function clockUntil(endMs: number) {
  const ending = new AbortController();
  let nowMs = START_MS;
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      if (nowMs > endMs) ending.abort();
    },
  };
  return { clock, signal: ending.signal, pass: (ms: number) => (nowMs += ms) };
}

async function run(
  endMs: number,
  invoke: (payload: string, pass: (ms: number) => void) => Promise<InvokeOutcome>,
  input?: string,
) {
  const { clock, signal, pass } = clockUntil(endMs);
  const outcomes: InvokeOutcome[] = [];
  let events = 0;
  await runSchedule(
    { logicalId: 'EveryMinute', arn: ARN, everyMs: 60_000, fn: functionSpec(), input },
    {
      clock,
      region: 'eu-west-1',
      newEventId: () => `event-${++events}`,
      invoker: { invoke: (payload) => invoke(payload, pass) },
      onOutcome: (outcome) => outcomes.push(outcome),
    },
    signal,
  );
  return outcomes;
}

describe('a schedule', () => {
  it('invokes at each whole period with the event of EventBridge', async () => {
    const payloads: unknown[] = [];
    await run(START_MS + 150_000, async (payload) => {
      payloads.push(JSON.parse(payload));
      return { kind: 'returned', payload: 'null' };
    });
    expect(payloads).toEqual(
      ['2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z'].map((time, index) => ({
        version: '0',
        id: `event-${index + 1}`,
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '000000000000',
        time,
        region: 'eu-west-1',
        resources: [ARN],
        detail: {},
      })),
    );
  });

  it('keeps to its periods whatever an invocation takes', async () => {
    const times: string[] = [];
    await run(START_MS + 200_000, async (payload, pass) => {
      times.push(JSON.parse(payload).time.slice(14, 19));
      pass(7_000);
      return { kind: 'returned', payload: 'null' };
    });
    expect(times).toEqual(['01:00', '02:00', '03:00']);
  });

  it('ends when all that was invoked has its outcome', async () => {
    const { promise, resolve } = Promise.withResolvers<InvokeOutcome>();
    const running = run(START_MS + 60_000, () => promise);
    resolve({ kind: 'function-error', errorType: 'Error', message: 'late' });
    expect(await running).toEqual([{ kind: 'function-error', errorType: 'Error', message: 'late' }]);
  });
});
