// How old what is known of the sources is.
import { percentile } from '../../core/percentile.ts';
import type { SourceAnswer } from '../../wire/api/answers.ts';

const AGES = [
  ['within 10 s', 10_000],
  ['within a minute', 60_000],
  ['within 5 minutes', 300_000],
  ['within an hour', 3_600_000],
  ['longer ago', Number.POSITIVE_INFINITY],
] as const;

/** Each source once, in the first that fits. */
export function agesOf(
  sources: readonly SourceAnswer[],
  nowMs: number,
): readonly { readonly name: string; readonly count: number }[] {
  const counts = new Map<string, number>(AGES.map(([name]) => [name, 0]));
  for (const { lastArrivalMs } of sources) {
    if (lastArrivalMs === undefined) continue;
    const [name] = AGES.find(([, most]) => nowMs - lastArrivalMs <= most) ?? AGES[4];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count }));
}

/** From a source's latest event to its latest arrival: what is on the way, in buffers, or wrong with its clock. */
export function latenessOf(
  sources: readonly SourceAnswer[],
): { readonly median: number; readonly p95: number } | undefined {
  const all = sources
    .flatMap(({ lastArrivalMs, maxTimeMs }) =>
      lastArrivalMs === undefined || maxTimeMs === undefined ? [] : [lastArrivalMs - maxTimeMs],
    )
    .sort((a, b) => a - b);
  const [median, p95] = [percentile(all, 0.5), percentile(all, 0.95)];
  return median === undefined || p95 === undefined ? undefined : { median, p95 };
}
