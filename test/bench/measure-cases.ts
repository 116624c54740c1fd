// Times all cases side by side: round after round, each of them in turn, so that whatever else the machine does meets all
// of them. A case is compared to the floor within each round, and the median of the rounds is what counts.
import { percentile } from '../../src/core/percentile.ts';
import { CASES, type CaseEntry } from './case-list.ts';
import type { MeasurePlan } from './measure-plan.ts';
import { RunningCase } from './running-case.ts';
import type { WorkloadSize } from './workload.ts';

export interface CaseFigures {
  readonly entry: CaseEntry;
  readonly outcome: CaseOutcome;
}

export type CaseOutcome =
  | {
      readonly kind: 'measured';
      /** CPU of the whole process. */
      readonly microsPerRecord: number;
      readonly timesFloor: number;
      readonly rounds: number;
      readonly callsPerBatch: number;
    }
  | { readonly kind: 'wrong'; readonly message: string };

export async function measureCases(
  size: WorkloadSize,
  plan: MeasurePlan,
  onStep: (step: string) => void,
): Promise<CaseFigures[]> {
  const cases = CASES.map((entry) => ({ entry, running: new RunningCase(entry.name, size) }));
  try {
    for (const { entry, running } of cases) {
      onStep(`warming up: ${entry.title}`);
      await running.warmUp(plan);
    }
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const { entry, running } of cases) {
        onStep(`round ${round} of ${plan.rounds}: ${entry.title}`);
        await running.round();
      }
    }
    const floor = cases[0]?.running.micros ?? [];
    return cases.map(({ entry, running }) => ({ entry, outcome: outcomeOf(running, floor) }));
  } finally {
    for (const { running } of cases) running[Symbol.dispose]();
  }
}

function outcomeOf({ failure, micros, callsPerBatch }: RunningCase, floor: readonly number[]): CaseOutcome {
  if (failure !== undefined) return { kind: 'wrong', message: failure };
  const ratios = micros.map((own, round) => own / (floor[round] ?? Number.NaN));
  return {
    kind: 'measured',
    microsPerRecord: median(micros),
    timesFloor: median(ratios),
    rounds: micros.length,
    callsPerBatch,
  };
}

function median(values: readonly number[]): number {
  return (
    percentile(
      values.toSorted((a, b) => a - b),
      0.5,
    ) ?? Number.NaN
  );
}
