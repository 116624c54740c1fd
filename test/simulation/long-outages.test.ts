// Trouble with a table that outlasts every patience but the stream's own: half an hour of refusals inside answers that succeed, an hour out
// of reach. Nothing leaves the books, and what comes of the stream is what comes of it without.
import { expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import type { Plan, PlannedAction } from '../../src/simulation/plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { SIMULATED_TABLES } from '../../src/simulation/simulated-tables.ts';

const MINUTE_MS = 60_000;
const SEEDS = [3, 13];

test('all tables may be out of reach for an hour', async () => {
  await expectNothingGivenUp(
    SIMULATED_TABLES.map((table) => ({ atMs: 5_000, kind: 'outage', table, forMs: 60 * MINUTE_MS })),
  );
});

test('all tables may take one write of a call for half an hour, as events go on', async () => {
  await expectNothingGivenUp(
    SIMULATED_TABLES.map((table) => ({ atMs: 5_000, kind: 'throttling', table, forMs: 30 * MINUTE_MS })),
  );
});

async function expectNothingGivenUp(actions: readonly PlannedAction[]): Promise<void> {
  for (const seed of SEEDS) {
    const { violation, trace } = await runPlan(troubled(makePlan(seed), actions));
    expect({ seed, violation }).toEqual({ seed, violation: undefined });
    expect(trace().filter((line) => line.includes('gives up'))).toEqual([]);
  }
}

/** Nothing else goes wrong, and the mapping gives up nothing of its own accord. */
function troubled(plan: Plan, actions: readonly PlannedAction[]): Plan {
  const { MaximumRetryAttempts: _, MaximumRecordAgeInSeconds: __, ...aggregate } = plan.mappings.aggregate;
  const polling = { ...plan.polling, idlePollMs: 10_000 };
  return { ...plan, mappings: { ...plan.mappings, aggregate }, polling, actions, faults: [] };
}
