// How an aggregation counts events, as a number. If the number changes, open windows hold events that were counted in two ways.
import type { Aggregation } from './pipeline/pipeline.ts';
import { hashText } from './text-hash.ts';

/**
 * Depends on the events and values the aggregation takes and how it counts steps. It does not depend on its aggregates, which are
 * only reported if they hold for a whole window, nor on lateness, which closes windows earlier or later without changing any. 21
 * bits, three bytes: two successive definitions are taken for the same with odds of 1 in 2 million.
 */
export function countedAs(aggregation: Aggregation): number {
  let known = KNOWN.get(aggregation);
  if (known === undefined) {
    known = numberOf(aggregation);
    KNOWN.set(aggregation, known);
  }
  return known;
}

/** Each state that is written asks for the number, and a definition does not change. */
const KNOWN = new WeakMap<Aggregation, number>();

function numberOf({ filter, values, counters, keep, weights, states, holdMs }: Aggregation): number {
  const text = JSON.stringify([
    filter === undefined ? null : [sorted(filter.types), tagsOf(filter.tags)],
    sorted(values),
    keep.increase ? [counters.dip, counters.carry] : null,
    // An aggregation that asks for neither keeps the number it has always had.
    ...(states.length === 0 && !weights ? [] : [holdRules({ weights, states, holdMs })]),
  ]);
  return hashText(text).low % 2 ** 21;
}

/** As a text: if it changes, the samples so far were counted in another way. */
export function holdRulesText(aggregation: Aggregation): string {
  return JSON.stringify(holdRules(aggregation));
}

/** How long a value holds by rules given as a text; undefined: until the next sample. */
export function holdMsOf(rules: string): number | undefined {
  const [, holdMs] = rules === '' ? [] : JSON.parse(rules);
  return holdMs ?? undefined;
}

/** By which rules the time that states and values hold is counted. */
function holdRules({ weights, states, holdMs }: Pick<Aggregation, 'weights' | 'states' | 'holdMs'>): unknown {
  const told = states.map(({ of, among, max }) => [of, sorted(among) ?? max]);
  return [weights, holdMs ?? null, told.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))];
}

function tagsOf(tags: ReadonlyMap<string, ReadonlySet<string>> | undefined): unknown {
  if (tags === undefined) return null;
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1)).map(([tag, values]) => [tag, sorted(values)]);
}

function sorted(texts: ReadonlySet<string> | undefined): readonly string[] | null {
  return texts === undefined ? null : [...texts].sort();
}
