// What a step from one sample of a counter to the next adds to its increase.
import type { ExactSum } from './exact-sum.ts';
import { addToSum } from './exact-sum.ts';

export interface CounterRules {
  /** Whether the step from the last sample before a window counts in it. */
  readonly carry: boolean;
  /** A fall by a smaller share of the value before is no reset. */
  readonly dip: number;
}

export const USUAL_COUNTERS: CounterRules = { carry: true, dip: 0 };

/** A value less than the one before is a reset, and counts whole. */
export function addStep(increase: ExactSum, from: number, to: number, { dip }: CounterRules): void {
  addToSum(increase, to);
  if (!isReset(from, to, dip)) addToSum(increase, -from);
}

/** Takes away what `addStep` added. */
export function subtractStep(increase: ExactSum, from: number, to: number, { dip }: CounterRules): void {
  addToSum(increase, -to);
  if (!isReset(from, to, dip)) addToSum(increase, from);
}

function isReset(from: number, to: number, dip: number): boolean {
  return to < from && !(from - to < dip * Math.abs(from));
}
