// Whether an event's time can be right, by when its record arrived. It depends on the pipeline, so it is judged in the fold,
// under the event's position: redelivered under another pipeline it keeps its one verdict.
import type { EpochMs } from './brands.ts';
import type { Pipeline } from './pipeline/pipeline.ts';

/** Before it nothing is likely to have been measured: 1990-01-01. */
const OLDEST_LIKELY_MS = Date.UTC(1990, 0, 1);
/** From here on an arrival is by a clock that runs: 2000-01-01. A stream with an older one is a test's, or replayed as such. */
const CLOCK_RUNS_MS = Date.UTC(2000, 0, 1);

/**
 * `clock-skew`: further ahead of the arrival than the pipeline allows. `old-time`: so far back that it looks like seconds taken
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
