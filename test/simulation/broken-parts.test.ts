// A simulation is worth what it finds: each of these must be found by a seed.
import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';
import { BROKEN_ALERTS, BROKEN_PARTS } from '../support/broken-parts.ts';
import { cheapestSeeds } from '../support/cheapest-seeds.ts';

const MOST_SEEDS = 200;
const SEEDS = cheapestSeeds(MOST_SEEDS);

/** Tried first: seeds that find the rarer ones, and soon. Where plans are drawn otherwise by now, any of the others will do. */
const FOUND_BY: Readonly<Record<string, number>> = {
  'an aggregate whose cache keeps a state that is being folded': 197,
  'a stream whose child shards are read before their parents': 144,
  'a table of windows that writes whatever the version is': 5,
  'an aggregate that reports the record behind the first that failed': 44,
  'a rollup that reports the record behind the first that failed': 177,
  'a changelog whose child shards are read before their parents': 147,
  'a table of alerts that writes whatever the version is': 59,
  'an alert that does not know which windows it has judged': 137,
  'a closer that passes over shards that have had no tick, and forgets those they came from': 249,
  'an aggregate that notes the ticks behind what has failed': 1424,
  'an aggregate that notes a tick before it commits what came before': 200,
  'an aggregate that does not ask which tick came before a batch': 4,
  'an aggregate that knows of no shard which it came from': 24,
  'a resumption that lifts the hold and leaves what was set aside': 31,
  'a resumption that folds in the latest first': 43,
  'a redriving that does not know what it has put back': 31,
  'an aggregate that counts what is delivered again': 98,
  'an aggregate that passes over the first record of a batch of several': 7,
};

describe('found by a seed', () => {
  test.each(Object.entries(BROKEN_PARTS))('%s', async (name, replacements) => {
    const found = await firstFailure(replacements, FOUND_BY[name], name in BROKEN_ALERTS);
    expect(found).toBeDefined();
  });
});

/** `withAlerts`: other plans do not have the part. */
async function firstFailure(replacements: Replacements, first: number | undefined, withAlerts: boolean) {
  for (const seed of first === undefined ? SEEDS : [first, ...SEEDS]) {
    const plan = makePlan(seed);
    if (withAlerts && plan.pipeline.alerts === undefined) continue;
    const { violation } = await runPlan(plan, replacements);
    if (violation !== undefined) return { seed, law: violation.law };
  }
  return undefined;
}
