// A seed's plan: what comes, through what, and what goes wrong. Each part has randomness of its own, so that drawing
// one differently leaves the others as they were.
import { createRandom, type Random } from '../../producers/simulators/random.ts';
import { drawActions, drawAlertActions } from './draw-actions.ts';
import { drawAlerts } from './draw-alerts.ts';
import { withAlertsOnStates } from './draw-alerts-on-states.ts';
import { withArrivalsOnTicks } from './draw-arrivals.ts';
import { withBorders } from './draw-borders.ts';
import { withBridges } from './draw-bridges.ts';
import { withCalendar } from './draw-calendar.ts';
import { drawDeploys } from './draw-deploys.ts';
import { withExpiry } from './draw-expiry.ts';
import { drawFaults, OF_ALERTS } from './draw-faults.ts';
import { drawLags } from './draw-lags.ts';
import { withLosses } from './draw-losses.ts';
import { withPauses } from './draw-pauses.ts';
import { drawPipeline } from './draw-pipeline.ts';
import { drawRecords, drawSources } from './draw-records.ts';
import { setAsideInParts, withRepairs } from './draw-repairs.ts';
import { withStates } from './draw-states.ts';
import { PLAN_FORMAT, type Plan, type PlannedAction, type PlannedRecord, START_MS } from './plan.ts';

export function makePlan(seed: number): Plan {
  const states = createRandom(`states ${seed}`);
  const hasStates = states.chance(STATES_SHARE);
  const plan = makePlanOfNumbers(seed, hasStates ? ALERTS_SHARE_WITH_STATES : ALERTS_SHARE);
  if (!hasStates) return plan;
  return withAlertsOnStates(withStates(plan, states), createRandom(`alerts on states ${seed}`));
}

/** Share of plans whose events have states. */
const STATES_SHARE = 0.35;

function makePlanOfNumbers(seed: number, alertsShare: number): Plan {
  const random = (part: string) => createRandom(`${part} ${seed}`);
  const pipeline = drawPipeline(random('pipeline'));
  const workload = random('workload');
  const durationMs = workload.integer(15, 90) * 1_000;
  const sources = drawSources(workload);
  const records = drawRecords({ sources, durationMs, random: workload });
  const names = sources.map(({ name }) => name);
  const plan: Plan = {
    format: PLAN_FORMAT,
    seed,
    pipeline,
    ...drawSettings(random('settings')),
    ...drawMemory(random('memory')),
    ...drawAudit(random('audit')),
    records,
    actions: [
      ...drawActions({ sources: names, records, durationMs, random: random('actions') }),
      ...drawLags(records, durationMs, random('lags')),
    ].sort((a, b) => a.atMs - b.atMs),
    faults: drawFaults(random('faults')),
  };
  const whole = withRestores(
    withRetirements(withMore(plan, { durationMs, alertsShare, random }), random('retirements')),
    random('restores'),
  );
  const arriving = withArrivalsOnTicks(whole, random('arrivals'));
  const bordered = withBorders(withBridges(arriving, random('bridges')), random('borders'));
  const repaired = withRepairs(withLosses(bordered, random('losses')), random('repairs'));
  const inParts = setAsideInParts(repaired, random('parts'));
  return withPauses(withExpiry(inParts, random('expiry')), random('pauses of mappings'));
}

/** Whoever was retired may send again, or already has. */
function withRetirements(plan: Plan, random: Random): Plan {
  const usual = plan.records.filter((record) => 'events' in record);
  const share = plan.pipeline.alerts === undefined ? RETIRING_SHARE : RETIRING_SHARE_WITH_ALERTS;
  if (usual.length === 0 || !random.chance(share)) return plan;
  const retirements = Array.from({ length: random.integer(1, 3) }, (): PlannedAction => {
    const record = random.pick(usual);
    const source = record.events[0]?.source ?? '';
    // What an alert says of it must end where nothing more comes.
    const isLast = plan.pipeline.alerts !== undefined && random.chance(0.7);
    const atMs = isLast ? lastOf(source, usual) : record.atMs;
    return { atMs: atMs + random.pick([50, 1_500, 6_000]), kind: 'retire', source };
  });
  return { ...plan, actions: [...plan.actions, ...retirements].sort((a, b) => a.atMs - b.atMs) };
}

function lastOf(source: string, records: readonly Sent[]): number {
  const own = records.filter(({ events }) => events.some((event) => event.source === source));
  return Math.max(...own.map(({ atMs }) => atMs));
}

type Sent = Extract<PlannedRecord, { readonly events: unknown }>;

/** Somebody puts a source's item back to what it was, or erases it, as records go on coming. */
function withRestores(plan: Plan, random: Random): Plan {
  const usual = plan.records.filter((record) => 'events' in record);
  if (
    usual.length === 0 ||
    // What is put back to before it was retired is not retired.
    plan.actions.some(({ kind }) => kind === 'deploy' || kind === 'retire') ||
    !random.chance(RESTORES_SHARE)
  )
    return plan;
  const restores = Array.from({ length: random.integer(1, 2) }, () => {
    const { atMs, events } = random.pick(usual);
    return {
      atMs: atMs + random.pick([0, 50, 1_500, 6_000]),
      kind: 'restore' as const,
      source: events[0]?.source ?? '',
      writes: random.pick([1, 1, 2, 3, 5, 1_000]),
      ...(random.chance(0.3) ? { replayed: true as const } : {}),
    };
  });
  // Put back again and again, a source can still come out wrong: see docs/semantics.md.
  const first = restores.filter(
    ({ source }, at) => restores.findIndex((other) => other.source === source) === at,
  );
  // An invocation that a mapping left behind ends within a minute, before anything can be restored.
  const others = plan.actions.filter(({ kind }) => kind !== 'restart');
  return { ...plan, actions: [...others, ...first].sort((a, b) => a.atMs - b.atMs) };
}

/** The share of plans without deploys and retirements in which items are put back. */
const RESTORES_SHARE = 0.1;

/** The share of plans in which sources are retired, and of those with alerts. */
const RETIRING_SHARE = 0.15;
const RETIRING_SHARE_WITH_ALERTS = 0.4;

/** Days, alerts, or pipelines that are deployed over the first. */
function withMore(
  plan: Plan,
  {
    durationMs,
    alertsShare,
    random,
  }: { readonly durationMs: number; readonly alertsShare: number; readonly random: (part: string) => Random },
): Plan {
  const calendar = random('calendar');
  if (calendar.chance(CALENDAR_SHARE)) return withCalendar(plan, calendar);
  if (random('has alerts').chance(alertsShare)) return withAlerts(plan, durationMs, random('alerts'));
  const changing = random('deploys');
  if (!changing.chance(DEPLOYS_SHARE)) return plan;
  const deploys = drawDeploys(plan.pipeline, { durationMs, random: changing });
  return { ...plan, actions: [...plan.actions, ...deploys].sort((a, b) => a.atMs - b.atMs) };
}

/** The share of plans with calendar windows. */
const CALENDAR_SHARE = 0.08;

/** The share of the plans without alerts that have deploys. */
const DEPLOYS_SHARE = 0.4;

/** The share of plans with alerts: two or three more functions make a run dearer. */
const ALERTS_SHARE = 0.25;
/** There are as many kinds of alerts on states as on all else. */
const ALERTS_SHARE_WITH_STATES = 0.5;

/** The same run with alerts on it, and with what goes wrong with these. */
function withAlerts(plan: Plan, durationMs: number, random: Random): Plan {
  const alerts = drawAlerts(plan.pipeline, random);
  const watchesSilence = alerts.some(({ when }) => 'absent' in when);
  return {
    ...plan,
    pipeline: { ...plan.pipeline, alerts },
    shards: { ...plan.shards, windows: random.integer(1, 2), alerts: random.integer(1, 2) },
    mappings: {
      ...plan.mappings,
      alert: drawMapping(random, { losing: 0 }),
      'alert-rollups': drawMapping(random, { losing: 0 }),
      publish: drawMapping(random, { losing: 0 }),
    },
    records: watchesSilence
      ? [...plan.records, ...laterRecords(plan.records, durationMs, random)]
      : plan.records,
    actions: [...plan.actions, ...drawAlertActions(plan.records, durationMs, random)].sort(
      (a, b) => a.atMs - b.atMs,
    ),
    faults: [...plan.faults, ...drawFaults(random, OF_ALERTS)],
  };
}

/** Events that end a silence long enough to be reported. */
function laterRecords(
  records: readonly PlannedRecord[],
  durationMs: number,
  random: Random,
): readonly PlannedRecord[] {
  const usual = records.filter((record) => 'events' in record);
  if (usual.length === 0) return [];
  const atMs = durationMs + random.integer(60_000, 150_000);
  const record = random.pick(usual);
  const events = record.events.map(({ id, ...event }) => ({ ...event, time: START_MS + atMs }));
  return [{ ...record, atMs, events }];
}

type Settings = Omit<
  Plan,
  'format' | 'seed' | 'pipeline' | 'records' | 'actions' | 'faults' | 'auditEveryMs'
>;

function drawSettings(random: Random): Settings {
  const settings: Settings = {
    shards: { telemetry: random.pick([1, 2, 3, 3, 12]), changelog: random.integer(1, 2) },
    mappings: { aggregate: drawMapping(random, { losing: 0.1 }), rollup: drawMapping(random, { losing: 0 }) },
    polling: {
      idlePollMs: random.pick([500, 1_000, 3_000]),
      shardRefreshMs: random.pick([500, 2_000, 10_000]),
      readLimit: random.pick([3, 20, 1_000]),
    },
    backoff: { baseMs: random.pick([100, 1_000]), capMs: random.pick([2_000, 10_000]) },
    timeoutMs: random.pick([1_000, 3_000, 10_000]),
    latenciesMs: Array.from({ length: random.integer(1, 7) }, () => random.pick([0, 1, 5, 20, 150])),
    containers: { choice: random.pick(['affinity', 'turns']), least: random.integer(1, 3) },
    closeEveryMs: random.pick([2_000, 5_000, 15_000]),
  };
  const least = CALLS_IN_TIME * Math.max(...settings.latenciesMs);
  return { ...settings, timeoutMs: Math.max(settings.timeoutMs, least) };
}

/**
 * Calls one after another that a function always has time for. A batch needs some twenty, of one record as of a hundred; what has no time for them
 * never ends, wherever it runs.
 */
const CALLS_IN_TIME = 40;

/** Most plans have all they need. */
function drawMemory(random: Random): Pick<Plan, 'memoryMb'> {
  return random.chance(0.25) ? { memoryMb: random.pick([0, 0.004, 0.01, 0.03]) } : {};
}

/** Another function makes a run dearer. */
const AUDIT_SHARE = 0.3;

function drawAudit(random: Random): Pick<Plan, 'auditEveryMs'> {
  return random.chance(AUDIT_SHARE) ? { auditEveryMs: random.pick([500, 2_000, 7_000]) } : {};
}

/** `losing`: how often it may give records up. */
function drawMapping(random: Random, { losing }: { readonly losing: number }): Plan['mappings']['rollup'] {
  return {
    BatchSize: random.pick([1, 2, 3, 5, 10, 100]),
    MaximumBatchingWindowInSeconds: random.pick([0, 0, 0, 1, 4]),
    BisectBatchOnFunctionError: random.chance(0.5),
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...(random.chance(losing / 2) ? { MaximumRetryAttempts: random.integer(0, 3) } : {}),
    ...(random.chance(losing / 2) ? { MaximumRecordAgeInSeconds: 60 } : {}),
  };
}
