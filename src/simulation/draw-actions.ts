// What is done to streams, mappings, containers and tables while records come.
import type { Random } from '../../producers/simulators/random.ts';
import type { PlannedAction, PlannedRecord, StreamReader } from './plan.ts';

/** More than a source comes through between two deliveries of a record, even so. */
const MOST_RESHARDS = 8;

export function drawActions({
  sources,
  records,
  durationMs,
  random,
}: {
  readonly sources: readonly string[];
  readonly records: readonly PlannedRecord[];
  readonly durationMs: number;
  readonly random: Random;
}): readonly PlannedAction[] {
  const actions: PlannedAction[] = [];
  // Mostly just after a record, before it is read or while it is handled.
  const atMs = () => {
    if (records.length === 0 || random.chance(0.3)) return random.integer(0, durationMs);
    return random.pick(records).atMs + random.pick([0, 1, 50, 400, 1_500]);
  };
  const times = (share: number, most: number) => (random.chance(share) ? random.integer(1, most) : 0);
  const add = (count: number, draw: () => PlannedAction) => {
    for (let n = 0; n < count; n += 1) actions.push(draw());
  };
  const reader = (): StreamReader => random.pick(['aggregate', 'rollup']);
  add(times(0.7, MOST_RESHARDS), () => ({ atMs: atMs(), ...drawReshard(random), stream: 'telemetry' }));
  add(times(0.6, 3), () => ({ atMs: atMs(), ...drawReshard(random), stream: 'changelog' }));
  add(times(0.5, 4), () => ({ atMs: atMs(), kind: 'close' }));
  add(times(0.4, 3), () => ({
    atMs: atMs(),
    kind: 'restart',
    reader: reader(),
    rewind: random.integer(0, 6),
  }));
  add(times(0.1, 1), () => ({ atMs: atMs(), kind: 'recreate', reader: reader() }));
  add(times(0.4, 4), () => ({ atMs: atMs(), kind: 'recycle', reader: reader() }));
  add(times(0.3, 3), () => ({ atMs: atMs(), kind: 'touch', source: random.pick(sources) }));
  add(times(0.1, 1), () => ({ atMs: atMs(), kind: 'stranger' }));
  return actions.sort((a, b) => a.atMs - b.atMs);
}

/** The same of what alerts are made of: their streams, mappings and containers. */
export function drawAlertActions(
  records: readonly PlannedRecord[],
  durationMs: number,
  random: Random,
): readonly PlannedAction[] {
  const actions: PlannedAction[] = [];
  const readers: readonly StreamReader[] = ['alert', 'alert-rollups', 'publish'];
  const count = random.pick([0, 1, 2, 4]);
  for (let n = 0; n < count; n += 1) {
    const near = records.length === 0 ? random.integer(0, durationMs) : random.pick(records).atMs;
    const atMs = near + random.pick([0, 50, 1_500]);
    const reader = random.pick(readers);
    switch (random.integer(0, 3)) {
      case 0:
        actions.push({ atMs, ...drawReshard(random), stream: random.pick(['windows', 'alerts']) });
        break;
      case 1:
        actions.push({ atMs, kind: 'restart', reader, rewind: random.integer(0, 6) });
        break;
      case 2:
        actions.push({ atMs, kind: 'recreate', reader });
        break;
      default:
        actions.push({ atMs, kind: 'recycle', reader });
    }
  }
  return actions;
}

function drawReshard(random: Random): { readonly kind: 'split' | 'merge'; readonly pick: number } {
  return { kind: random.pick(['split', 'split', 'merge']), pick: random.integer(0, 3) };
}
