/**
 * Milliseconds to wait after the given number of failed attempts (1 or more): exponential with full jitter, a
 * random share of base × 2^(attempts − 1), at most the cap.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  failedAttempts: number,
  options: { readonly backoffBaseMs: number; readonly backoffCapMs: number },
  random: () => number,
): number {
  const ceiling = Math.min(options.backoffCapMs, options.backoffBaseMs * 2 ** (failedAttempts - 1));
  return Math.floor(random() * (ceiling + 1));
}
