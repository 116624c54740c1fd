// What devices send in a run: each measures at its own pace, by its own clock, and sends over a network that delays,
// doubles and loses touch. A silent device comes back with all it kept.
import type { Random } from '../../producers/simulators/random.ts';
import { drawEvent } from './draw-event.ts';
import { type PlannedEvent, type PlannedRecord, START_MS } from './plan.ts';
import type { PlannedSource } from './planned-source.ts';

/** `q` goes to the same part of a rollup window as `a` does: two sources that meet in one item. */
const NAMES = ['a', 'q', 'sensor-3', '__proto__', 'é | "x"', 'sensor-6', 'sensor-7'];

export function drawSources(random: Random): readonly PlannedSource[] {
  const sharesGateway = random.chance(0.25);
  const hasRandomKeys = random.chance(0.2);
  return NAMES.slice(0, random.integer(1, NAMES.length)).map((name) => ({
    name,
    key:
      sharesGateway && random.chance(0.6)
        ? 'gateway'
        : hasRandomKeys && random.chance(0.7)
          ? undefined
          : name,
    everyMs: random.pick([700, 1_500, 4_000, 9_000]),
    clockOffMs: drawClock(random),
    tickMs: random.pick([1, 1, 500, 1_000]),
    ids: random.pick(['none', 'counter', 'counter', 'text', 'few']),
    delayMs: random.pick([500, 4_000, 30_000]),
    delayedShare: random.pick([0, 0.1, 0.4]),
    doubledShare: random.pick([0, 0.1, 0.4]),
    brokenShare: random.pick([0, 0, 0.05, 0.3]),
    eventsPerRecord: random.pick([1, 1, 2, 5]),
    form: random.pick(['event', 'array', 'envelope']),
    gzip: random.chance(0.2),
    wildValues: random.chance(0.1),
    silent: random.chance(0.3) ? { from: random.between(0, 0.6), to: random.between(0.6, 1) } : undefined,
    movingShare: random.pick([0, 0.05, 0.5]),
    isHeavy: random.chance(0.01),
  }));
}

function randomKey(random: Random): string {
  return `random-${random.integer(0, 999)}`;
}

function drawClock(random: Random): number {
  if (random.chance(0.7)) return 0;
  return random.pick([-40_000, -3_000, 1_500, 15_000, 600_000, -START_MS]);
}

export function drawRecords({
  sources,
  durationMs,
  random,
}: {
  readonly sources: readonly PlannedSource[];
  readonly durationMs: number;
  readonly random: Random;
}): readonly PlannedRecord[] {
  const records: PlannedRecord[] = [];
  for (const source of sources) records.push(...recordsOf(source, durationMs, random));
  const poisons = random.chance(0.4) ? random.integer(1, 3) : 0;
  for (let at = 0; at < poisons; at += 1) {
    const { key = randomKey(random) } = random.pick(sources);
    const poison = random.pick(['not-json', 'gzip', 'not-utf8', 'not-an-event'] as const);
    records.push({ atMs: random.integer(0, durationMs), key, poison });
  }
  return records.sort((a, b) => a.atMs - b.atMs);
}

/** Most that one source sends: more would make a run dearer, not richer. */
const MOST_EVENTS = 40;

function recordsOf(source: PlannedSource, durationMs: number, random: Random): PlannedRecord[] {
  const records: PlannedRecord[] = [];
  const send = (atMs: number, events: readonly PlannedEvent[]) => {
    const { key = randomKey(random), form, gzip } = source;
    const record = { key, form, ...(gzip ? { gzip: true as const } : {}), events };
    records.push({ atMs: Math.round(atMs), ...record });
    if (!random.chance(source.doubledShare)) return;
    // A producer that saw no answer: at once, or when the device is switched on again.
    const again = source.key === undefined ? { ...record, key: randomKey(random) } : record;
    records.push({ atMs: Math.round(atMs + random.pick([1, 300, 5_000, 15_000, 40_000])), ...again });
  };
  const silentFrom = (source.silent?.from ?? 2) * durationMs;
  const silentTo = (source.silent?.to ?? 2) * durationMs;
  const kept: PlannedEvent[] = [];
  let waiting: PlannedEvent[] = [];
  let tags = drawTags(random);
  let count = 0;
  for (let nowMs = random.between(0, source.everyMs); nowMs < durationMs; nowMs += pause(source, random)) {
    if (count === MOST_EVENTS) break;
    if (random.chance(source.movingShare)) tags = drawTags(random);
    const event = drawEvent(source, { nowMs, count, tags }, random);
    count += 1;
    if (nowMs >= silentFrom && nowMs < silentTo) {
      kept.push(event);
      continue;
    }
    waiting.push(event);
    if (waiting.length < source.eventsPerRecord) continue;
    const delayMs = random.chance(source.delayedShare) ? random.between(1, source.delayMs) : 0;
    send(nowMs + delayMs, waiting);
    waiting = [];
  }
  if (random.chance(BULK_SHARE)) sendBulk(source, { durationMs, tags, send }, random);
  if (waiting.length > 0) send(durationMs, waiting);
  if (kept.length > 0) send(silentTo, kept);
  return records;
}

/** Share of sources that send such a buffer; it is small because so many events are expensive to check. */
const BULK_SHARE = 0.004;

/** A buffer of more ids than a source's item holds, which is sent once more when it is long forgotten that it was. */
function sendBulk(
  source: PlannedSource,
  {
    durationMs,
    tags,
    send,
  }: {
    readonly durationMs: number;
    readonly tags: Readonly<Record<string, string>>;
    readonly send: (atMs: number, events: readonly PlannedEvent[]) => void;
  },
  random: Random,
): void {
  const atMs = random.between(0, durationMs);
  const bulk = Array.from({ length: 230 }, (_, at) => ({
    source: source.name,
    id: `bulk-${at}`,
    time: Math.max(0, Math.round(START_MS + atMs + source.clockOffMs - (230 - at) * 40)),
    values: { v: at },
    tags,
  }));
  send(atMs, bulk);
  send(atMs + random.pick([2_000, 12_000, 30_000]), bulk);
}

function pause({ everyMs }: PlannedSource, random: Random): number {
  return random.chance(0.05) ? 1 : everyMs * random.between(0.8, 1.2);
}

function drawTags(random: Random): Readonly<Record<string, string>> {
  const tags: [string, string][] = [];
  if (random.chance(0.8)) tags.push(['site', random.pick(['mill', 'quarry', ''])]);
  if (random.chance(0.6)) tags.push(['model', random.pick(['x', 'y'])]);
  if (random.chance(0.1)) tags.push(['__proto__', 'z']);
  return Object.fromEntries(tags);
}
