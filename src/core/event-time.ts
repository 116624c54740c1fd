// Whether an event's time can be right, given when its record arrived. This depends on the pipeline, so the fold judges it, at the
// event's position: redelivered under another pipeline, the event keeps its one verdict.
import type { EpochMs } from './brands.ts';
import type { Pipeline } from './pipeline/pipeline.ts';

/** Nothing measured before 1990-01-01 is likely. */
const OLDEST_LIKELY_MS = Date.UTC(1990, 0, 1);
/** An arrival from 2000-01-01 on is from a clock that runs. A stream with an earlier one is a test's, or is replayed as such. */
const CLOCK_RUNS_MS = Date.UTC(2000, 0, 1);

/**
 * `clock-skew`: further ahead of the arrival than the pipeline allows. `old-time`: so long ago that it is probably seconds taken
 * for milliseconds, or a clock that was never set.
 */
export type TimeProblem = 'clock-skew' | 'old-time';

export function timeProblemOf(
  time: EpochMs,
  arrivalMs: EpochMs,
  { maxClockSkewMs, allowOldTimes }: Pick<Pipeline, 'maxClockSkewMs' | 'allowOldTimes'>,
): TimeProblem | undefined {
  if (time > arrivalMs + maxClockSkewMs) return 'clock-skew';
  return time < OLDEST_LIKELY_MS && arrivalMs >= CLOCK_RUNS_MS && !allowOldTimes ? 'old-time' : undefined;
}
