// Sources that cannot be folded into for a while, and mappings that give batches up which somebody puts back.
import type { Random } from '../../producers/simulators/random.ts';
import type { Plan, PlannedAction } from './plan.ts';

/** The share of the plans without alerts and deployments. */
const SHARE = 0.4;

/** With these, it cannot be told what becomes of a source, or not yet. */
export const NOT_WITH_REPAIRS: ReadonlySet<PlannedAction['kind']> = new Set([
  'deploy',
  'retire',
  'restore',
  'restore-tables',
  'lose-changes',
  'rebuild-downstream',
]);

export function withRepairs(plan: Plan, random: Random): Plan {
  const isPlain =
    plan.pipeline.alerts === undefined && plan.actions.every(({ kind }) => !NOT_WITH_REPAIRS.has(kind));
  const usual = plan.records.filter((record) => 'events' in record);
  const sources = [...new Set(usual.flatMap(({ events }) => events.map(({ source }) => source)))];
  if (!isPlain || sources.length === 0 || !random.chance(SHARE)) return plan;
  const atMs = () => random.pick(usual).atMs + random.pick([1, 50, 1_500, 6_000]);
  const poisons = Array.from(
    { length: random.integer(0, 4) },
    (): PlannedAction => ({
      atMs: atMs(),
      kind: 'poison',
      source: random.pick(sources),
      as: random.pick(['unreadable', 'unreadable', 'too-large']),
      ...random.pick([
        { forMs: 100 },
        { forMs: 2_000, resumedAfterMs: 60_000 },
        { forMs: 20_000 },
        { forMs: 60_000, resumedAfterMs: 20_000 },
      ]),
    }),
  );
  if (poisons.length > 0 && random.chance(0.5)) return withActions(plan, poisons);
  const redrives = Array.from(
    { length: random.integer(0, 3) },
    (): PlannedAction => ({
      atMs: atMs() + random.pick([0, 5_000, 60_000]),
      kind: 'redrive',
    }),
  );
  const losing = random.pick([
    { MaximumRetryAttempts: random.integer(0, 2) },
    { MaximumRecordAgeInSeconds: 60 },
  ]);
  const mappings = { ...plan.mappings, aggregate: { ...plan.mappings.aggregate, ...losing } };
  return withActions({ ...plan, mappings }, [...poisons, ...redrives]);
}

/** The share of sources held whose events are set aside in parts. */
const PARTS_SHARE = 0.6;

/** Such a source stays held for a while after it was mended: whoever resumes it finds it readable, and its next batch half set aside. */
export function setAsideInParts(plan: Plan, random: Random): Plan {
  const actions = plan.actions.map((action) =>
    action.kind === 'poison' && random.chance(PARTS_SHARE)
      ? { ...action, resumedAfterMs: action.resumedAfterMs ?? 20_000, inParts: true as const }
      : action,
  );
  return { ...plan, actions };
}

function withActions(plan: Plan, more: readonly PlannedAction[]): Plan {
  return { ...plan, actions: [...plan.actions, ...more].sort((a, b) => a.atMs - b.atMs) };
}
