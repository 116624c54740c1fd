// What CloudWatch keeps of metrics: by namespace, name and exactly these dimensions, a minute's count, sum, least and greatest.
export interface MetricDatum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

export type MetricId = Omit<MetricDatum, 'value'>;

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount';

interface Minute {
  count: number;
  sum: number;
  least: number;
  most: number;
}

const MINUTE_MS = 60_000;
/** As long as any alarm looks back, and more. */
const KEPT_MINUTES = 1_500;

export class MetricStore {
  readonly #series = new Map<string, { readonly id: MetricId; readonly minutes: Map<number, Minute> }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  put({ namespace, name, dimensions, value }: MetricDatum): void {
    const key = keyOf({ namespace, name, dimensions });
    const series = this.#series.get(key) ?? { id: { namespace, name, dimensions }, minutes: new Map() };
    this.#series.set(key, series);
    const at = Math.floor(this.#nowMs() / MINUTE_MS);
    const minute = series.minutes.get(at);
    if (minute === undefined) {
      series.minutes.set(at, { count: 1, sum: value, least: value, most: value });
      // They stand in order: the clock only goes on.
      for (const old of series.minutes.keys()) {
        if (old > at - KEPT_MINUTES) break;
        series.minutes.delete(old);
      }
      return;
    }
    minute.count += 1;
    minute.sum += value;
    minute.least = Math.min(minute.least, value);
    minute.most = Math.max(minute.most, value);
  }

  /** Every metric that has been published, with the dimensions it was published with. */
  metrics(): readonly MetricId[] {
    return [...this.#series.values()].map(({ id }) => id);
  }

  /** The statistic over the period that begins at `startMs`; undefined: nothing was published in it. */
  read(id: MetricId, statistic: Statistic, startMs: number, periodMs: number): number | undefined {
    const minutes = this.#series.get(keyOf(id))?.minutes;
    const found: Minute[] = [];
    for (let at = startMs / MINUTE_MS; at < (startMs + periodMs) / MINUTE_MS; at += 1) {
      const minute = minutes?.get(at);
      if (minute !== undefined) found.push(minute);
    }
    return found.length === 0 ? undefined : STATISTICS[statistic](found);
  }
}

const STATISTICS: Readonly<Record<Statistic, (minutes: readonly Minute[]) => number>> = {
  Sum: (minutes) => minutes.reduce((total, { sum }) => total + sum, 0),
  SampleCount: (minutes) => minutes.reduce((total, { count }) => total + count, 0),
  Maximum: (minutes) => Math.max(...minutes.map(({ most }) => most)),
  Minimum: (minutes) => Math.min(...minutes.map(({ least }) => least)),
  Average: (minutes) => STATISTICS.Sum(minutes) / STATISTICS.SampleCount(minutes),
};

/** One text for one metric, whatever the order of its dimensions. */
export function keyOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}
