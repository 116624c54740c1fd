// A simulation is worth what it finds: each of these must be found, and made small enough to be read.
import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { shrinkFailure } from '../../src/simulation/simulate-seed.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';
import { BROKEN_ALERTS, BROKEN_PARTS } from '../support/broken-parts.ts';

const MOST_SEEDS = 200;

describe(`found within ${MOST_SEEDS} seeds`, () => {
  test.each(Object.entries(BROKEN_PARTS))('%s', async (name, replacements) => {
    const found = await firstFailure(replacements, name in BROKEN_ALERTS);
    expect(found).toBeDefined();
  });
});

test('what is found is made small, and breaks the same law', async () => {
  const { canary } = { canary: Object.values(BROKEN_PARTS)[0] ?? {} };
  const found = await smallFailure(canary);
  if (found === undefined) throw new Error('the canary was not found');
  const before = found.plan;
  const { plan, law } = await shrinkFailure(before, found.law, canary);
  expect((await runPlan(plan, canary)).violation?.law).toBe(law);
  expect((await runPlan(plan)).violation, 'the real parts hold').toBeUndefined();
  expect(before.records.length).toBeGreaterThan(10);
  expect(plan.records.length).toBeLessThanOrEqual(5);
  expect(plan.faults.length).toBeLessThanOrEqual(3);
  expect(plan.actions.length).toBeLessThanOrEqual(2);
});

/** Small, since making it smaller takes a run for each thing that might be left out. */
async function smallFailure(replacements: Replacements) {
  const plans = Array.from({ length: MOST_SEEDS }, (_, at) => makePlan(at + 1))
    .filter(({ records }) => records.length > 10)
    .sort((a, b) => a.records.length - b.records.length);
  for (const plan of plans) {
    const { violation } = await runPlan(plan, replacements);
    if (violation !== undefined) return { plan, law: violation.law };
  }
  return undefined;
}

/** `withAlerts`: other plans do not have the part. */
async function firstFailure(replacements: Replacements, withAlerts = false) {
  for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
    const plan = makePlan(seed);
    if (withAlerts && plan.pipeline.alerts === undefined) continue;
    const { violation } = await runPlan(plan, replacements);
    if (violation !== undefined) return { plan, law: violation.law };
  }
  return undefined;
}
