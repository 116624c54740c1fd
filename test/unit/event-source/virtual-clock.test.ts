import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';

test('sleepers wake in order of time, then of falling asleep, each at its own moment', async () => {
  const clock = new VirtualClock(0);
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.nowMs()}`);
  };
  for (const [name, ms] of [
    ['c', 30],
    ['a', 10],
    ['b', 10],
  ] as const) {
    void sleeper(name, ms);
  }
  await clock.advance(10);
  expect(woken).toEqual(['a@10', 'b@10']);
  await clock.advance(100);
  expect(woken).toEqual(['a@10', 'b@10', 'c@30']);
  expect(clock.nowMs()).toBe(110);
});

test('what falls asleep again while time is advanced wakes again', async () => {
  const clock = new VirtualClock(0);
  const beats: number[] = [];
  const pulse = async () => {
    for (;;) {
      await clock.sleep(100);
      beats.push(clock.nowMs());
    }
  };
  void pulse();
  await clock.advance(350);
  expect(beats).toEqual([100, 200, 300]);
});

test('an aborted sleep ends at once', async () => {
  const clock = new VirtualClock(0);
  const controller = new AbortController();
  const slept = clock.sleep(1_000, controller.signal);
  controller.abort();
  await slept;
  await clock.sleep(1_000, controller.signal);
  expect(clock.nowMs()).toBe(0);
});

describe('run', () => {
  test('passes only the time that is needed', async () => {
    const clock = new VirtualClock(0);
    const work = clock.sleep(250).then(() => 'done');
    void clock.sleep(1_000);
    expect(await clock.run(work)).toBe('done');
    expect(clock.nowMs()).toBe(250);
  });

  test('a rejection is handed on', async () => {
    const clock = new VirtualClock(0);
    const work = clock.sleep(5).then(() => Promise.reject(new Error('boom')));
    await expect(clock.run(work)).rejects.toThrow('boom');
  });

  test('what will never settle is an error, not a hang', async () => {
    const clock = new VirtualClock(0);
    await expect(clock.run(Promise.withResolvers<void>().promise)).rejects.toThrow('still pending');
  });
});
