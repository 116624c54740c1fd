// Which windows hold a part of their events, plainly: what counted otherwise before, and what the source had shown by then.
import type { Partiality } from '../core/partiality.ts';
import type { ReferenceAggregation } from './reference-model.ts';

/** Since when an aggregation counts as it does, and the greatest event time its source had shown by then. */
export interface ReferenceCut {
  readonly sinceMs: number;
  readonly upTo: number;
}

export interface CountingAggregation extends ReferenceAggregation {
  readonly counters?: { readonly dip: number; readonly carry: boolean };
  readonly keep?: { readonly increase: boolean; readonly samples?: boolean };
  readonly weights?: boolean;
  readonly states?: readonly {
    readonly of: string;
    readonly among: ReadonlySet<string> | undefined;
    readonly max: number;
  }[];
  readonly holdMs?: number | undefined;
}

/** Whether events count in the same way: which are taken, which of their values, and how steps of counters are. */
export function countsAlike(a: CountingAggregation, b: CountingAggregation): boolean {
  return JSON.stringify(wayOf(a)) === JSON.stringify(wayOf(b));
}

function wayOf({
  filter,
  values,
  counters,
  keep,
  weights = false,
  states = [],
  holdMs,
}: CountingAggregation): unknown {
  const list = (texts: ReadonlySet<string> | undefined) => (texts === undefined ? 'all' : [...texts].sort());
  const tags = [...(filter?.tags ?? [])].map(([tag, wanted]) => [tag, list(wanted)]);
  const steps = keep?.increase === true ? counters : 'none';
  const told = states.map(({ of, among, max }) => [of, among === undefined ? max : list(among)]).sort();
  const lasting = weights || told.length > 0 ? [weights, told, holdMs ?? 'until the next'] : 'none';
  return [filter === undefined ? 'all' : [list(filter.types), tags.sort()], list(values), steps, lasting];
}

export function partOf(
  cut: ReferenceCut | undefined,
  { window }: ReferenceAggregation,
  start: number,
): Partiality | undefined {
  if (cut === undefined) return undefined;
  const from = window.kind === 'session' ? start - window.gapMs + 1 : start;
  return from <= cut.upTo ? { sinceMs: cut.sinceMs } : undefined;
}

export function bothParts(a: Partiality | undefined, b: Partiality | undefined): Partiality | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const since = [a.sinceMs, b.sinceMs].filter((each) => each !== undefined);
  const until = [a.untilMs, b.untilMs].filter((each) => each !== undefined);
  return {
    ...(since.length === 0 ? {} : { sinceMs: Math.max(...since) }),
    ...(until.length === 0 ? {} : { untilMs: Math.min(...until) }),
  };
}
