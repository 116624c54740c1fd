// Mappings that somebody switches off and on again while records go on coming.
import type { Random } from '../../producers/simulators/random.ts';
import type { Plan, PlannedAction, StreamReader } from './plan.ts';

/** The share of plans in which nobody stops mappings otherwise. */
const SHARE = 0.12;

/** These stop mappings themselves, or make them anew. */
const OTHERS: ReadonlySet<PlannedAction['kind']> = new Set(['restore', 'restore-tables']);

export function withPauses(plan: Plan, random: Random): Plan {
  const { records, actions, mappings, pipeline } = plan;
  if (records.length === 0 || actions.some(({ kind }) => OTHERS.has(kind)) || !random.chance(SHARE))
    return plan;
  const readers: readonly StreamReader[] = [
    'aggregate',
    'aggregate',
    'rollup',
    ...(pipeline.alerts === undefined ? [] : (['alert', 'alert-rollups', 'publish'] as const)),
  ];
  // What is too old by then is given up.
  const spans =
    mappings.aggregate['MaximumRecordAgeInSeconds'] === undefined ? SPANS_MS : SPANS_MS.slice(0, 3);
  const pauses = Array.from(
    { length: random.integer(1, 3) },
    (): PlannedAction => ({
      atMs: random.pick(records).atMs + random.pick([0, 1, 50, 1_500]),
      kind: 'disable',
      reader: random.pick(readers),
      forMs: random.pick(spans),
    }),
  );
  return { ...plan, actions: [...actions, ...pauses].sort((a, b) => a.atMs - b.atMs) };
}

const SPANS_MS = [200, 3_000, 20_000, 90_000, 300_000];
