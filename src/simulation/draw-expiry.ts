// TTL removes windows while records go on coming: devices that have been away send what belongs into windows of hours ago.
import type { Random } from '../../producers/simulators/random.ts';
import { NOT_WITH_REPAIRS } from './draw-repairs.ts';
import { type Plan, type PlannedAction, type PlannedRecord, START_MS } from './plan.ts';

/** The share of the plans without alerts, and with rollups, in which only records come and usual things go wrong. */
const SHARE = 0.3;

/** With these, it cannot be told what a window holds, or whether its changes come again when it has gone. */
const OTHERS: ReadonlySet<PlannedAction['kind']> = new Set([...NOT_WITH_REPAIRS, 'poison', 'redrive']);

/** The least that a definition takes. */
const RETENTION_MS = 3_600_000;

export function withExpiry(plan: Plan, random: Random): Plan {
  const { pipeline, records, actions, mappings } = plan;
  const usual = records.filter((record) => 'events' in record);
  const isPlain =
    pipeline.alerts === undefined &&
    (pipeline.rollups ?? []).length > 0 &&
    pipeline.aggregations.every(({ window }) => !('calendar' in window)) &&
    mappings.aggregate['MaximumRecordAgeInSeconds'] === undefined &&
    mappings.aggregate['MaximumRetryAttempts'] === undefined &&
    actions.every(({ kind }) => !OTHERS.has(kind));
  if (!isPlain || usual.length === 0 || !random.chance(SHARE)) return plan;
  const backs = Array.from({ length: random.integer(1, 4) }, () => lateRecord(random.pick(usual), random));
  const expiries = backs.map(
    ({ atMs }): PlannedAction => ({
      // Mostly before, now and then after, or not at all in time.
      atMs: atMs + random.pick([-1, -1, -1_000, -60_000, 1, 2_000]),
      kind: 'expire',
    }),
  );
  const last = Math.max(...backs.map(({ atMs }) => atMs));
  return {
    ...plan,
    pipeline: { ...pipeline, retention: '1h' },
    // Hours pass in which nothing comes.
    polling: { ...plan.polling, idlePollMs: 10_000, shardRefreshMs: 10_000 },
    records: [...records, ...backs].sort((a, b) => a.atMs - b.atMs),
    actions: [...actions, ...expiries, { atMs: last + 900_000, kind: 'expire' as const }].sort(
      (a, b) => a.atMs - b.atMs,
    ),
  };
}

/** Somebody who has been away sends now what is as old as what the record holds. */
function lateRecord(record: Extract<PlannedRecord, { readonly events: unknown }>, random: Random): Usual {
  const awayMs =
    RETENTION_MS + random.pick([-600_000, -5_000, 0, 5_000, 30_000, 700_000, 900_000, 900_000, RETENTION_MS]);
  const atMs = Math.max(0, record.atMs + awayMs);
  const [first] = record.events;
  const source = random.pick([first?.source ?? '', `${first?.source ?? ''} away`, 'away']);
  const events = record.events.map(({ id, broken, ...event }) => ({ ...event, source }));
  const now = { ...(first ?? { source }), id: undefined, broken: undefined, source, time: START_MS + atMs };
  const { id: _, broken: __, ...latest } = now;
  return { ...record, key: source, atMs, events: random.chance(0.4) ? [...events, latest] : events };
}

type Usual = Extract<PlannedRecord, { readonly events: unknown }>;
