// A failed seed for people: what happened, what was expected, and how to see it again.
import type { SeedFailure } from './simulate-seed.ts';

export function describeFailure({ seed, law, detail, plan, trace }: SeedFailure): string {
  const { records, actions, faults } = plan;
  const events = records.reduce((sum, record) => sum + ('events' in record ? record.events.length : 1), 0);
  return [
    `Seed ${seed} breaks a law: ${law}`,
    `  ${detail}`,
    `Smallest plan found that does: ${records.length} records, ${events} events, ${actions.length} actions, ${faults.length} faults.`,
    `pipeline  ${JSON.stringify(plan.pipeline)}`,
    ...faults.map((fault) => `fault     ${JSON.stringify(fault)}`),
    '',
    '  seconds  what happened',
    ...withoutIdleRuns(trace),
    '',
  ].join('\n');
}

/** Runs of the closer that find nothing to look at say nothing. */
function withoutIdleRuns(trace: readonly string[]): readonly string[] {
  const idle = new Set(
    trace.map((line) => /close #\d+(?= {2}answers .*"sourcesLookedAt":0,)/.exec(line)?.[0]),
  );
  return trace.filter((line) => {
    const run = /close #\d+(?= {2})/.exec(line)?.[0];
    return run === undefined || !idle.has(run);
  });
}
