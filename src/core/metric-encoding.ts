// Metrics as the arrays of numbers that items hold, exact to the last bit.
import type { ExactSum } from './exact-sum.ts';
import type { Metric, Sample } from './metric.ts';

/** name, count, min, max, sum, then first and last where they are kept */
export type MetricText =
  | readonly [number, number, number, number, SumText]
  | readonly [number, number, number, number, SumText, SampleText, SampleText];
/** One number, or the parts of the expansion with the overflow first. */
type SumText = number | readonly number[];
type SampleText = readonly [number, number, number] | readonly [number, number, number, string];

/** The metric as an array of numbers; `names` gives each name once. */
export function metricToText(metric: Metric, names: NameTable): MetricText {
  const head = [names.index(metric.name), metric.count, metric.min, metric.max, sumToText(metric)] as const;
  if (metric.first === undefined || metric.last === undefined) return head;
  return [...head, sampleToText(metric.first), sampleToText(metric.last)];
}

export function metricFromText(text: MetricText, names: readonly string[]): Metric {
  const [nameIndex, count, min, max, sum, first, last] = text;
  const name = names[nameIndex];
  if (name === undefined)
    throw new Error(`metric name ${nameIndex} is not among the ${names.length} names of the state`);
  return {
    name,
    ...sumFromText(sum),
    count,
    min,
    max,
    first: first === undefined ? undefined : sampleFromText(first),
    last: last === undefined ? undefined : sampleFromText(last),
  };
}

/** Gives each metric name of a text one number. */
export class NameTable {
  readonly names: string[] = [];
  readonly #indexes = new Map<string, number>();

  index(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

function sumToText(sum: ExactSum): SumText {
  if (sum.rest === undefined && sum.overflow === 0) return sum.top;
  return [sum.overflow, ...(sum.rest ?? []), sum.top];
}

function sumFromText(text: SumText): ExactSum {
  if (typeof text === 'number') return { top: text, rest: undefined, overflow: 0 };
  const rest = text.slice(1, -1);
  return { top: text.at(-1) ?? 0, rest: rest.length === 0 ? undefined : rest, overflow: text[0] ?? 0 };
}

function sampleToText({ time, order, value, source }: Sample): SampleText {
  return source === undefined ? [time, order, value] : [time, order, value, source];
}

function sampleFromText([time, order, value, source]: SampleText): Sample {
  return { time, order, value, ...(source === undefined ? {} : { source }) };
}
