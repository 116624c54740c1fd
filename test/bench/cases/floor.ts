// The floor: what any consumer on Node must do, as plainly as it can be written. Base64 to text, text to object, and
// the values added up by source: nothing is validated, told apart, kept by name, deduplicated or stored.
import type { BenchCase } from '../bench-case.ts';
import type { Totals } from '../totals.ts';

export function createCase(): BenchCase {
  const sums = new Map<string, { count: number; sum: number }>();
  return {
    handle({ Records }) {
      for (const { kinesis } of Records) {
        const event: { source: string; values: Record<string, number> } = JSON.parse(
          Buffer.from(kinesis.data, 'base64').toString(),
        );
        let total = sums.get(event.source);
        if (total === undefined) {
          total = { count: 0, sum: 0 };
          sums.set(event.source, total);
        }
        for (const name in event.values) {
          total.count += 1;
          total.sum += event.values[name] ?? 0;
        }
      }
    },
    totals() {
      const totals: Totals = new Map();
      for (const [source, sum] of sums) totals.set(source, { ...sum, min: undefined, max: undefined });
      return totals;
    },
  };
}
