// The figures the functions publish, summed up from the metric lines they write, as CloudWatch would.
import { isObject } from '../local-stack/property.ts';

export class Figures {
  readonly #sums = new Map<string, number>();

  /** Takes a line a function wrote; what is no embedded-metric record is passed over. Returns whether it was one. */
  take(line: string): boolean {
    if (!line.includes('"_aws"')) return false;
    const record = parse(line);
    if (record === undefined || !isObject(record['_aws'])) return false;
    const service = String(record['service'] ?? '');
    for (const [name, value] of Object.entries(record)) {
      const key = `${service}.${name}`;
      // A metric noted more than once between two flushes is a list.
      for (const number of Array.isArray(value) ? value : [value]) {
        if (typeof number !== 'number') continue;
        this.#sums.set(key, (this.#sums.get(key) ?? 0) + number);
      }
    }
    return true;
  }

  /** E.g. `sum('aggregate', 'stateWrites')`. */
  sum(service: string, metric: string): number {
    return this.#sums.get(`${service}.${metric}`) ?? 0;
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // A line that only looks like one: functions may print what they like.
    return undefined;
  }
}
