import { expect, it, onTestFinished } from 'vitest';
import { createFunctionInvoker } from '../../src/local-stack/function-invoker.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { killAtRandom } from '../../src/run/kill-at-random.ts';
import { functionSpec } from '../support/function-spec.ts';

/** Numbers in [0, 1), the same on every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time passes by lines that the function writes: one is a millisecond. */
function clockOfLines() {
  let nowMs = 0;
  let waiting: { untilMs: number; resolve: () => void } | undefined;
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        waiting = { untilMs: nowMs + ms, resolve };
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  const tick = () => {
    nowMs += 1;
    if (waiting !== undefined && nowMs >= waiting.untilMs) waiting.resolve();
  };
  return { clock, tick };
}

it('a function whose processes are killed at random answers right or says that it was killed', async () => {
  const { clock, tick } = clockOfLines();
  let requests = 0;
  const fn = createFunctionInvoker(functionSpec(), {
    region: 'us-east-1',
    endpoints: {},
    newRequestId: () => `request-${++requests}`,
    onLine: tick,
  });
  onTestFinished(() => fn.stop());
  const ending = new AbortController();
  const killing = killAtRandom(
    { busyPids: fn.pids, random: seeded(7), clock, kills: 1_000, meanMs: 10 },
    ending.signal,
  );

  const outcomes: string[] = [];
  const invokeInTurn = async () => {
    for (let n = 0; n < 50; n++) {
      const outcome = await fn.invoke(JSON.stringify({ do: 'print', text: `${n}` }));
      outcomes.push(outcome.kind === 'function-error' ? outcome.errorType : outcome.kind);
    }
  };
  await Promise.all([invokeInTurn(), invokeInTurn()]);
  ending.abort();
  const killed = await killing;

  expect(outcomes).toHaveLength(100);
  expect(outcomes).toContain('returned');
  expect(outcomes.filter((outcome) => outcome !== 'returned' && outcome !== 'Runtime.ExitError')).toEqual([]);
  expect(killed).toBeGreaterThan(0);
  expect(outcomes.filter((outcome) => outcome === 'Runtime.ExitError').length).toBeLessThanOrEqual(killed);
});
