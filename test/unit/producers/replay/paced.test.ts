// Replays at a pace, under virtual time.
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../producers/client/event-input.ts';
import { TelemetryClientError } from '../../../../producers/client/telemetry-client-error.ts';
import { type RecordedEvent, replayPaced } from '../../../../producers/replay/paced.ts';
import { parseReplaySpeed, type ReplaySpeed } from '../../../../producers/replay/speed.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const T0 = 1_600_000_000_000;
const recorded = (arrivedAt: number | undefined, time: unknown = T0): RecordedEvent => ({
  arrivedAt,
  event: { source: 'a', time },
});

/** At which virtual times, from the start, the events are put. */
async function putTimes(events: readonly RecordedEvent[], speed: ReplaySpeed): Promise<number[]> {
  const clock = new VirtualClock();
  const startMs = clock.nowMs();
  const times: number[] = [];
  const client = {
    put: async () => {
      times.push(clock.nowMs() - startMs);
    },
  };
  await clock.until(replayPaced({ events, client, speed, clock }));
  return times;
}

describe('a paced replay', () => {
  const events = [recorded(T0), recorded(T0 + 6_000), recorded(T0 + 3_000), recorded(T0 + 66_000)];

  test('puts everything at once at full speed', async () => {
    expect(await putTimes(events, 'max')).toEqual([0, 0, 0, 0]);
  });

  test('keeps the recorded distances, and does not hold what is out of order', async () => {
    expect(await putTimes(events, 1)).toEqual([0, 6_000, 6_000, 66_000]);
  });

  test('divides them by the speed', async () => {
    expect(await putTimes(events, 60)).toEqual([0, 100, 100, 1_100]);
  });

  test('goes by the event’s own time where no arrival is recorded, as a number or as text', async () => {
    const own = [recorded(undefined, T0), recorded(undefined, new Date(T0 + 500).toISOString())];
    expect(await putTimes(own, 1)).toEqual([0, 500]);
  });

  test('does not hold events that tell no time', async () => {
    expect(await putTimes([recorded(undefined, 'noon'), recorded(undefined, null), recorded(T0)], 1)).toEqual(
      [0, 0, 0],
    );
  });

  test('sleeps through gaps longer than a timer holds', async () => {
    const yearMs = 365 * 24 * 3_600_000;
    expect(await putTimes([recorded(T0), recorded(T0 + yearMs)], 1)).toEqual([0, yearMs]);
  });

  test('waits for the client’s back-pressure, and then catches up', async () => {
    const clock = new VirtualClock();
    const startMs = clock.nowMs();
    const times: number[] = [];
    const client = {
      put: async () => {
        times.push(clock.nowMs() - startMs);
        if (times.length === 1) await clock.sleep(10_000);
      },
    };
    await clock.until(replayPaced({ events, client, speed: 1, clock }));
    expect(times).toEqual([0, 10_000, 10_000, 66_000]);
  });

  test('ends when told to, also while it waits', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const client = { put: async () => undefined };
    const replaying = replayPaced({ events, client, speed: 1, clock, signal: stop.signal });
    await clock.advance(1_000);
    stop.abort();
    expect(await clock.until(replaying)).toEqual({ put: 1, refused: 0 });
  });

  test('hands over what the client will not take, or ends with it', async () => {
    const clock = new VirtualClock();
    const refusal = new TelemetryClientError('invalid-source', 'no source');
    const client = {
      put: async (event: JsonObject) => {
        if (event['source'] === undefined) throw refusal;
      },
    };
    const bad = [recorded(T0), { event: { time: 1 } }, recorded(T0)];
    const refused: unknown[] = [];
    const onRefused = (event: JsonObject, error: Error) => refused.push([event, error]);
    expect(await replayPaced({ events: bad, client, speed: 'max', clock, onRefused })).toEqual({
      put: 2,
      refused: 1,
    });
    expect(refused).toEqual([[{ time: 1 }, refusal]]);
    await expect(replayPaced({ events: bad, client, speed: 'max', clock })).rejects.toBe(refusal);
  });
});

describe('a speed', () => {
  test('is max or a factor', () => {
    expect(['max', '1x', '60x', '0.5x'].map(parseReplaySpeed)).toEqual(['max', 1, 60, 0.5]);
  });

  test.each(['', 'fast', '60', '0x', '-1x', '1e3x', 'x'])('is not %j', (text) => {
    expect(() => parseReplaySpeed(text)).toThrow(
      `speed must be "max" or a factor such as "1x" or "60x"; found "${text}"`,
    );
  });
});
