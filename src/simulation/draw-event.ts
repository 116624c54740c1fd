// One event of a planned source, now and then a broken one.
import type { Random } from '../../producers/simulators/random.ts';
import { type PlannedEvent, START_MS, TOO_LARGE } from './plan.ts';
import type { PlannedSource } from './planned-source.ts';

export function drawEvent(
  source: PlannedSource,
  {
    nowMs,
    count,
    tags,
  }: { readonly nowMs: number; readonly count: number; readonly tags: PlannedEvent['tags'] },
  random: Random,
): PlannedEvent {
  const { tickMs, clockOffMs } = source;
  const timeMs = Math.max(0, Math.round((START_MS + nowMs + clockOffMs) / tickMs) * tickMs);
  return {
    source: source.name,
    ...(random.chance(0.3) ? { type: random.pick(['alarm', 'state']) } : {}),
    ...drawId(source, count, random),
    time: random.chance(0.1) ? new Date(timeMs).toISOString() : timeMs,
    values: drawValues(source, random),
    tags: source.isHeavy ? { ...tags, ...PADDING } : (tags ?? {}),
    ...(random.chance(source.brokenShare) ? { odd: drawOdd(random) } : {}),
    ...(random.chance(source.brokenShare) ? { broken: random.pick(BROKEN) } : {}),
  };
}

function drawId({ ids }: PlannedSource, count: number, random: Random): { readonly id?: string | number } {
  switch (ids) {
    case 'none':
      return {};
    case 'counter':
      return { id: count };
    case 'text':
      return { id: `m-${count}` };
    case 'few':
      return random.chance(0.2) ? {} : { id: random.pick([1, '1', '2', '__proto__', 'x "y"']) };
  }
}

function drawValues({ wildValues }: PlannedSource, random: Random): Readonly<Record<string, number>> {
  const value = () => (wildValues ? random.pick(WILD) : random.integer(-4_000, 4_000) / 100);
  const names = random.pick([['v'], ['v'], ['v', 'w'], ['w', 'v'], ['v', '__proto__'], []]);
  return Object.fromEntries(names.map((name) => [name, value()]));
}

function drawOdd(random: Random): Readonly<Record<string, unknown>> {
  const names = random.pick([['v'], ['w', 'x'], ['__proto__'], ['x']]);
  return Object.fromEntries(names.map((name) => [name, random.pick(ODD)]));
}

const ODD: readonly unknown[] = [null, null, true, false, 'warm', '12', TOO_LARGE, [21.5], {}];

/** Sums of these overflow, cancel and lose bits when added carelessly. */
const WILD = [0, -0.3, 0.1, 1e16, -1e16, 2 ** -1074, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 970];

const BROKEN: readonly NonNullable<PlannedEvent['broken']>[] = [
  { fields: { time: 'yesterday' }, reason: 'time' },
  { fields: { time: -1 }, reason: 'time' },
  { fields: { values: { '': 21.5 } }, reason: 'values' },
  { fields: { values: [21.5] }, reason: 'values' },
  { fields: { tags: { site: 7 } }, reason: 'tags' },
  { fields: { type: '' }, reason: 'type' },
  { fields: { id: '#'.repeat(65) }, reason: 'id' },
  { fields: { source: '' }, reason: 'source' },
];

const PADDING = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`pad${at}`, 'x'.repeat(250)]));
