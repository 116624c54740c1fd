// Functions that do not run and tables that cannot be reached, for a while, as records go on coming: nothing of it may show in what
// is stored in the end.
import type { Random } from '../../producers/simulators/random.ts';
import type { FunctionName, PlannedAction, PlannedRecord } from './plan.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export function drawLags(
  records: readonly PlannedRecord[],
  durationMs: number,
  random: Random,
): readonly PlannedAction[] {
  const count = random.pick([0, 0, 1, 2, 3]);
  return Array.from({ length: count }, (): PlannedAction => {
    const near = records.length === 0 ? random.integer(0, durationMs) : random.pick(records).atMs;
    const atMs = near + random.pick([0, 0, 50, 1_500]);
    const forMs = random.pick(SPANS_MS);
    if (random.chance(0.75)) return { atMs, kind: 'off', function: random.pick(FUNCTIONS), forMs };
    return { atMs, kind: random.pick(['outage', 'throttling']), table: random.pick(TABLES), forMs };
  });
}

const FUNCTIONS: readonly FunctionName[] = [
  'aggregate',
  'aggregate',
  'aggregate',
  'rollup',
  'close',
  'alert',
  'alert-clock',
  'publish',
];
const TABLES: readonly SimulatedTable[] = [
  'sources',
  'sources',
  'readers',
  'windows',
  'deadLetters',
  'alerts',
];

/** From a few windows to a quarter of an hour, in which silence is a matter of seconds: what are minutes to days elsewhere. */
const SPANS_MS = [
  3_000, 3_000, 10_000, 10_000, 10_000, 40_000, 40_000, 90_000, 90_000, 300_000, 300_000, 900_000,
];
