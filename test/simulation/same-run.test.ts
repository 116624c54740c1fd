// A seed is a run: nothing else has a say in what happens.
import { afterEach, expect, test, vi } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { formatSavedPlan, parseSavedPlan } from '../../src/simulation/saved-plan.ts';

/** Small plans; between them they have alerts, an audit and plans that change. */
const SEEDS = [13, 20, 21, 31];

/** What each seed's first run told. */
const first = new Map<number, Promise<readonly string[]>>();

function traceOf(seed: number): Promise<readonly string[]> {
  const told = first.get(seed) ?? runPlan(makePlan(seed)).then((run) => run.trace());
  first.set(seed, told);
  return told;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('the same seed gives the same trace, byte for byte', async () => {
  for (const seed of SEEDS) {
    const again = await runPlan(makePlan(seed));
    expect(again.trace().join('\n')).toBe((await traceOf(seed)).join('\n'));
  }
});

test('a plan gives the same trace after it has been saved', async () => {
  for (const seed of SEEDS) {
    const plan = makePlan(seed);
    const text = formatSavedPlan({ found: '', law: '', plan });
    const { plan: read } = parseSavedPlan(text, 'here');
    expect((await runPlan(read)).trace()).toEqual(await traceOf(seed));
  }
});

test('two seeds give two traces', async () => {
  const traces = await Promise.all(SEEDS.map(traceOf));
  expect(new Set(traces.map((lines) => lines.join('\n'))).size).toBe(SEEDS.length);
});

test('a run asks neither the machine’s clock nor its randomness, and waits for no timer of its own', async () => {
  const forbid = (what: string) => () => {
    throw new Error(`a run asked for ${what}`);
  };
  vi.spyOn(Date, 'now').mockImplementation(forbid('Date.now'));
  vi.spyOn(performance, 'now').mockImplementation(forbid('performance.now'));
  vi.spyOn(Math, 'random').mockImplementation(forbid('Math.random'));
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(forbid('setTimeout'));
  const violations: unknown[] = [];
  for (const seed of SEEDS) violations.push((await runPlan(makePlan(seed))).violation);
  vi.restoreAllMocks();
  expect(violations).toEqual(SEEDS.map(() => undefined));
});
