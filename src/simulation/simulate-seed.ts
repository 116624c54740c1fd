// One seed: its plan, run; and where a law breaks, the smallest plan that breaks it the same way.
import { makePlan } from './make-plan.ts';
import type { Plan } from './plan.ts';
import { runPlan } from './run-plan.ts';
import { shrinkPlan } from './shrink-plan.ts';
import type { Replacements } from './simulated-system.ts';

export interface SeedFailure {
  readonly seed: number;
  readonly law: string;
  /** Detail of the failure as the shrunken plan shows it. */
  readonly detail: string;
  readonly plan: Plan;
  readonly trace: readonly string[];
}

export interface SeedOutcome {
  readonly seed: number;
  readonly events: number;
  readonly invocations: number;
  /** Virtual. */
  readonly durationMs: number;
  readonly failure: SeedFailure | undefined;
}

export async function simulateSeed(seed: number, replacements: Replacements = {}): Promise<SeedOutcome> {
  const plan = makePlan(seed);
  const { violation, events, invocations, durationMs } = await runPlan(plan, replacements);
  const figures = { seed, events, invocations, durationMs };
  if (violation === undefined) return { ...figures, failure: undefined };
  return { ...figures, failure: await shrinkFailure(plan, violation.law, replacements) };
}

/** The plan is one that breaks this law. */
export async function shrinkFailure(
  plan: Plan,
  law: string,
  replacements: Replacements = {},
): Promise<SeedFailure> {
  const small = await shrinkPlan(plan, async (candidate) => {
    return (await runPlan(candidate, replacements)).violation?.law === law;
  });
  const { violation, trace } = await runPlan(small, replacements);
  return { seed: plan.seed, law, detail: violation?.detail ?? '', plan: small, trace: trace() };
}
