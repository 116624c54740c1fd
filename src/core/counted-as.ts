// What an aggregation makes of events, as a number: where it becomes another one, windows hold events counted in either way.
import type { Aggregation } from './pipeline/pipeline.ts';
import { hashText } from './text-hash.ts';

/**
 * Depends on the events and values it takes and how it counts steps. Not on its aggregates, which are reported where they hold for all of
 * a window, nor of lateness, which closes windows earlier or later and changes none. 21 bits, three bytes: two definitions in a row
 * are taken for one with odds of 1 in 2 million.
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
    // What asks for neither is the number it has always been.
    ...(states.length === 0 && !weights ? [] : [holdRules({ weights, states, holdMs })]),
  ]);
  return hashText(text).low % 2 ** 21;
}

/** As a text: where it becomes another one, what is noted of samples was counted in another way. */
export function holdRulesText(aggregation: Aggregation): string {
  return JSON.stringify(holdRules(aggregation));
}

/** How long what is said holds by rules that stand as a text; undefined: until the next sample. */
export function holdMsOf(rules: string): number | undefined {
  const [, holdMs] = rules === '' ? [] : JSON.parse(rules);
  return holdMs ?? undefined;
}

/** How the time that states and values hold is taken. */
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
