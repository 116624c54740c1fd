// The scheduled part of alerts: looks at those whose time has come. A source watched for silence either has shown
// itself since, then it is looked at again later, or the alert fires: one write a source a duration, whatever it sends. For a
// rollup, windows that wait for slower sources are judged.
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import type { AlertState } from '../../src/core/alerts/alert-state.ts';
import { foldClock, looksAtMs } from '../../src/core/alerts/fold-clock.ts';
import { foldSilence, looksAt } from '../../src/core/alerts/fold-silence.ts';
import type { EpochMs } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { parseSourceSeries } from '../../src/core/series.ts';
import { decodeStateImage } from '../../src/core/state-encoding.ts';
import type { StateImage } from '../../src/core/state-image.ts';
import { inGroups } from '../../src/platform/in-groups.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { Alerts, AlertWrite, StoredAlert } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { takeUp } from './take-up.ts';
import { latestEndMs, takeUpSeries } from './take-up-series.ts';

export interface AlertClockDeps {
  readonly pipeline: Pipeline;
  readonly alerts: Alerts;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly directory: RollupDirectory;
  readonly log: Log;
  readonly meter: Meter;
  /** Everything that arrived in the stream until then has been read; undefined: nothing is known of it yet. */
  readonly readUpToMs: () => Promise<EpochMs | undefined>;
}

export interface AlertClockAnswer {
  readonly checked: number;
  readonly transitions: number;
  /** Somebody else wrote them meanwhile: looked at again at the next run. */
  readonly refused: number;
  readonly failed: number;
  /** Sources that are held, or cannot be read: whether they are silent is not known. */
  readonly unreadable: number;
  /** False when the time ran out: the next run goes on. */
  readonly finished: boolean;
}

/** The part of Lambda's context that is looked at. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

export function createAlertClock(
  deps: AlertClockDeps,
): (request: unknown, context: RemainingTime) => Promise<AlertClockAnswer> {
  return async (_, context) => {
    const nowMs = await deps.readUpToMs();
    if (nowMs === undefined) {
      deps.meter.publish({ runs: 1, silenceNotJudged: 1 });
      return { checked: 0, transitions: 0, refused: 0, failed: 0, unreadable: 0, finished: true };
    }
    const totals = { checked: 0, transitions: 0, refused: 0, failed: 0, unreadable: 0 };
    let finished = true;
    let unreached = 0;
    // A write moves an alert out of what is due. Those whose turn does not come have waited longest at the next run.
    for await (const ids of inGroups(deps.alerts.dueForChecking(nowMs), ALERTS_AT_ONCE)) {
      if (!finished || context.getRemainingTimeInMillis() < TIME_KEPT_MS) {
        finished = false;
        unreached += ids.length;
        if (context.getRemainingTimeInMillis() < COUNTING_KEPT_MS) break;
        continue;
      }
      const { alerts, unreadable } = await deps.alerts.loadEach(ids);
      totals.unreadable += unreadable.size;
      for (const [alert, reason] of unreadable) deps.log.error('alert not readable', { alert, reason });
      await checkGroup([...alerts.values()], nowMs, deps, totals);
    }
    const hasTime = () => context.getRemainingTimeInMillis() >= TIME_KEPT_MS;
    let takenUp = 0;
    for (const walk of [takeUp, takeUpSeries]) {
      const taken = await walk(deps, nowMs, hasTime);
      totals.transitions += taken.transitions;
      totals.failed += taken.failed;
      finished &&= taken.finished;
      takenUp += taken.sources;
    }
    deps.meter.publish({ runs: 1, ...totals, takenUp, unreached, silenceNotJudged: 0 });
    if (totals.failed > 0) deps.log.error('alerts not checked', { failed: totals.failed });
    return { ...totals, finished };
  };
}

const ALERTS_AT_ONCE = 100;
/** Time left for the write under way to end, and for counting those that are left to the next run. */
const TIME_KEPT_MS = 10_000;
/** Time left when counting ends too: then at least so many are unreached. */
const COUNTING_KEPT_MS = 3_000;

interface Totals {
  checked: number;
  transitions: number;
  refused: number;
  failed: number;
  unreadable: number;
}

async function checkGroup(
  alerts: readonly StoredAlert[],
  nowMs: number,
  deps: AlertClockDeps,
  totals: Totals,
): Promise<void> {
  const { alerts: store, pipeline } = deps;
  const rules = new Map(pipeline.alerts.map((rule) => [rule.name, rule]));
  const onSilence = alerts.filter((alert) => rules.get(alert.rule)?.on.kind === 'source');
  const { arrivals, unreadable } = await loadArrivals(onSilence, deps);
  totals.unreadable += unreadable.size;
  const unheard = await loadEnds(alerts, rules, deps);
  const writes = alerts.flatMap((alert): readonly AlertWrite[] => {
    const rule = rules.get(alert.rule);
    const source = sourceOf(alert);
    // The pipeline no longer has the rule: it is not looked at any more.
    if (rule === undefined) return [checked(alert, alert.state, undefined)];
    if (rule.when.kind !== 'absent') return [lookAtWindows(rule, alert, nowMs)];
    if (unreadable.has(source)) return [];
    const endMs = unheard.get(alert.series);
    const arrived =
      endMs === undefined ? arrivals.get(source) : { lastArrivalMs: Math.min(endMs, nowMs), silences: [] };
    return [lookAtSilence(rule, alert, { arrived, nowMs })];
  });
  totals.checked += writes.length;
  const before = new Map(alerts.map((alert) => [alertId(alert), alert.state.sequence]));
  const outcomes = await store.commit(writes);
  for (const [at, write] of writes.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind === 'committed')
      totals.transitions += write.state.sequence - (before.get(alertId(write)) ?? 0);
    else if (outcome?.kind === 'refused') totals.refused += 1;
    else totals.failed += 1;
  }
}

type Arrived = Pick<StateImage, 'lastArrivalMs' | 'silences'>;

function lookAtSilence(
  rule: AlertRule,
  alert: StoredAlert,
  { arrived, nowMs }: { readonly arrived: Arrived | undefined; readonly nowMs: number },
): AlertWrite {
  // The source is gone, or retired.
  if (arrived === undefined && rule.on.kind === 'source') return checked(alert, alert.state, undefined);
  const now = { lastArrivalMs: arrived?.lastArrivalMs, nowMs };
  const looks = [...looksAt(arrived?.silences ?? []), now];
  const { state, checkAtMs, more } = foldSilence(rule, alert.state, ...looks);
  return checked(alert, state, more ? nowMs : checkAtMs);
}

/** Transitions that one write has no room for are published by the next run. */
function lookAtWindows(rule: AlertRule, alert: StoredAlert, nowMs: number): AlertWrite {
  const { state = alert.state, more } = foldClock(rule, alert.state, { nowMs });
  return checked(alert, state, more ? nowMs : looksAtMs(rule, state));
}

function checked(
  { rule, series, version }: StoredAlert,
  state: AlertState,
  checkAtMs: number | undefined,
): AlertWrite {
  return { rule, series, expectedVersion: version, state, checkAtMs };
}

/** For series that have shown nothing since their rules were deployed: the ends of their latest windows. */
async function loadEnds(
  alerts: readonly StoredAlert[],
  rules: ReadonlyMap<string, AlertRule>,
  { windows }: AlertClockDeps,
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  for (const { rule: name, series, state } of alerts) {
    const rule = rules.get(name);
    if (rule?.on.kind !== 'rollup' || rule.when.kind !== 'absent' || state.observedMs !== undefined) continue;
    const endMs = await latestEndMs(windows, series);
    if (endMs !== undefined) ends.set(series, endMs);
  }
  return ends;
}

async function loadArrivals(
  alerts: readonly StoredAlert[],
  { states, log }: AlertClockDeps,
): Promise<{ readonly arrivals: ReadonlyMap<string, Arrived>; readonly unreadable: ReadonlySet<string> }> {
  const arrivals = new Map<string, Arrived>();
  const unreadable = new Set<string>();
  for (const { source, state, retiredAtMs = Number.NEGATIVE_INFINITY, held } of await states.load([
    ...new Set(alerts.map(sourceOf)),
  ])) {
    // What it sends is set aside: it is not silent.
    if (held !== undefined) {
      unreadable.add(source);
      continue;
    }
    try {
      const { lastArrivalMs, silences } = decodeStateImage(source, state);
      if (retiredAtMs < lastArrivalMs) arrivals.set(source, { lastArrivalMs, silences });
    } catch (error) {
      // One state that cannot be read must not keep all others unwatched.
      unreadable.add(source);
      log.error('state not readable', { source, reason: String(error) });
    }
  }
  return { arrivals, unreadable };
}

function sourceOf({ series }: StoredAlert): string {
  return parseSourceSeries(series)?.source ?? '';
}
