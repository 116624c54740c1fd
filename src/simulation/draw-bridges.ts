// A source whose events begin sessions apart from each other, and whose later ones bridge them: several at once, in one record or in
// several, and by a hair, or not quite. One event bridges two sessions at most: between the end of one and the beginning of the one after the next
// there is a gap at least, and the gap is what it reaches on either side.
import type { Random } from '../../producers/simulators/random.ts';
import { pipelinesOf } from './draw-borders.ts';
import { type Plan, type PlannedEvent, type PlannedRecord, START_MS } from './plan.ts';

const SHARE = 0.5;
const NAME = 'bridges';

export function withBridges(plan: Plan, random: Random): Plan {
  const windows = pipelinesOf(plan).flatMap(({ aggregations }) => aggregations.map(({ window }) => window));
  // Days are those of long ago, and these events are of now: see draw-calendar.ts.
  if (windows.some(({ kind }) => kind === 'calendar')) return plan;
  const gaps = windows.flatMap((window) => (window.kind === 'session' ? [window.gapMs] : []));
  if (gaps.length === 0 || !random.chance(SHARE)) return plan;
  const gapMs = random.pick(gaps);
  const count = random.integer(2, 4);
  const begins = [0];
  for (let at = 1; at < count; at += 1) {
    const before = begins[at - 1] ?? 0;
    begins.push(before + gapMs + random.pick([0, 1, Math.floor(gapMs / 2), gapMs - 2, gapMs - 1]));
  }
  const lastMs = Math.max(0, ...plan.records.map(({ atMs }) => atMs));
  const atMs = random.integer(0, lastMs) + (begins.at(-1) ?? 0) + gapMs;
  const from = START_MS + atMs - (begins.at(-1) ?? 0) - gapMs;
  const bridges = begins.slice(1).map((begin, at) => bridge(begins[at] ?? 0, begin, gapMs, random));
  let id = 0;
  const eventAt = (time: number): PlannedEvent => {
    id += 1;
    return { source: NAME, id, time: from + time, values: { v: id }, tags: { site: 'mill' } };
  };
  const record = (at: number, times: readonly number[]): PlannedRecord => ({
    atMs: at,
    key: NAME,
    form: 'array',
    events: times.map(eventAt),
  });
  const apart = random.chance(0.5);
  const send = (at: number, times: readonly number[]) =>
    apart ? times.map((time, n) => record(at + n, [time])) : [record(at, times)];
  const more = [
    ...send(atMs, random.chance(0.5) ? begins : random.shuffled(begins)),
    ...send(atMs + random.pick([10, 300, 1_000]), random.shuffled(bridges)),
  ];
  return { ...plan, records: [...plan.records, ...more].sort((a, b) => a.atMs - b.atMs) };
}

/** Between two sessions of one event each: where it touches both, mostly just so, or one alone. */
function bridge(before: number, after: number, gapMs: number, random: Random): number {
  const [first, last] = [after - gapMs + 1, before + gapMs - 1];
  return random.pick([first, last, Math.floor((first + last) / 2), first - 1, last + 1]);
}
