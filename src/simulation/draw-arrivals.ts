// Has records arrive exactly when something is judged: at whole seconds, as ticks do where calls take no time. By chance alone no silence would
// be known for exactly as long as it has to last.
import type { Random } from '../../producers/simulators/random.ts';
import type { Plan, PlannedRecord } from './plan.ts';

/** The share of plans, and of records in one. */
const PLANS_SHARE = 0.12;
const RECORDS_SHARE = 0.5;

export function withArrivalsOnTicks(plan: Plan, random: Random): Plan {
  if (!random.chance(PLANS_SHARE)) return plan;
  const records = plan.records
    .map((record) => (isMovable(record) && random.chance(RECORDS_SHARE) ? onSecond(record) : record))
    .sort((a, b) => a.atMs - b.atMs);
  return { ...plan, latenciesMs: [0], records };
}

/** What is broken is so by its arrival as well. */
function isMovable(record: PlannedRecord): boolean {
  return 'events' in record && record.events.every(({ broken }) => broken === undefined);
}

function onSecond(record: PlannedRecord): PlannedRecord {
  return { ...record, atMs: Math.ceil(record.atMs / 1_000) * 1_000 };
}
