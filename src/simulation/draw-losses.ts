// Tables that are restored from a backup, and changes that are told to nobody: what is downstream is made anew after that.
import type { Random } from '../../producers/simulators/random.ts';
import type { Plan, PlannedAction } from './plan.ts';

/** The share of the plans without alerts and deployments. */
const SHARE = 0.08;

/** With these it cannot be told what becomes of a source. */
const OTHERS: ReadonlySet<PlannedAction['kind']> = new Set(['deploy', 'retire', 'restore']);

export function withLosses(plan: Plan, random: Random): Plan {
  const isPlain = plan.pipeline.alerts === undefined && plan.actions.every(({ kind }) => !OTHERS.has(kind));
  if (!isPlain || plan.records.length === 0 || !random.chance(SHARE)) return plan;
  const atMs = () => random.pick(plan.records).atMs + random.pick([1, 50, 1_500, 6_000]);
  const restores = Array.from(
    { length: random.integer(0, 1) },
    (): PlannedAction => ({
      atMs: atMs(),
      kind: 'restore-tables',
      tables: random.pick(['sources', 'sources', 'all']),
      backMs: random.pick([500, 5_000, 20_000, 3_600_000]),
      ...(random.chance(0.5) ? { replayed: true as const } : {}),
    }),
  );
  const losses = Array.from(
    { length: random.integer(restores.length === 0 ? 1 : 0, 2) },
    (): PlannedAction => ({
      atMs: atMs(),
      kind: 'lose-changes',
      forMs: random.pick([200, 2_000, 20_000, 90_000]),
    }),
  );
  const rebuilds = Array.from(
    { length: random.integer(0, 3) },
    (): PlannedAction => ({
      atMs: atMs() + random.pick([0, 2_000, 60_000]),
      kind: 'rebuild-downstream',
      ...(random.chance(0.3) ? { stops: random.integer(0, 3) } : {}),
    }),
  );
  // An invocation that a mapping left behind may go on when the tables have been restored: with new tables it could not.
  const others = plan.actions.filter(({ kind }) => kind !== 'restart');
  const actions = [...others, ...restores, ...losses, ...rebuilds].sort((a, b) => a.atMs - b.atMs);
  return { ...plan, actions };
}
