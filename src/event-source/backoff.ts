// How long to wait after the n-th failure in a row (rule 18: exponential; the curve is not documented, so it is a setting).

/** Delay in ms after `failures` (1 or more) failures in a row; `random` is uniform in [0, 1). */
export type Backoff = (failures: number, random: () => number) => number;

export interface BackoffCurve {
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  /** Share of the delay that is random: 0 none, 1 anything from nothing to the full delay. */
  readonly jitter: number;
}

const DEFAULT_CURVE: BackoffCurve = { baseMs: 1_000, factor: 2, capMs: 60_000, jitter: 0.5 };

/** An exponential curve with a cap; by default 1 s, doubling, up to 60 s, half of it random. */
export function exponentialBackoff(overrides: Partial<BackoffCurve> = {}): Backoff {
  const { baseMs, factor, capMs, jitter } = { ...DEFAULT_CURVE, ...overrides };
  return (failures, random) => {
    const delayMs = Math.min(capMs, baseMs * factor ** Math.max(0, failures - 1));
    return Math.round(delayMs * (1 - jitter * random()));
  };
}
