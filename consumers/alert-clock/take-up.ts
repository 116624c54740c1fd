// Takes up the sources that a rule on silence watches and that have sent nothing since it was deployed: a walk over all sources,
// once for each change of these rules, as many pages a run as there is time for.

import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import { foldSilence, newlyWatched } from '../../src/core/alerts/fold-silence.ts';
import { watchedSeries } from '../../src/core/alerts/watched-series.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { decodeStateImage } from '../../src/core/state-encoding.ts';
import type { Log } from '../../src/platform/observe.ts';
import type { AlertKey, Alerts, AlertWrite } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { SourceStates, StoredState } from '../../src/stores/source-states.ts';

export interface TakeUpDeps {
  readonly pipeline: Pipeline;
  readonly alerts: Alerts;
  readonly states: SourceStates;
  readonly log: Log;
}

export interface TakeUpReport {
  /** Looked at. */
  readonly sources: number;
  readonly transitions: number;
  /** Not written: tried again when the walk comes by after the next change of the rules, or at their next arrival. */
  readonly failed: number;
  /** False when the time ran out: the next run goes on from there. */
  readonly finished: boolean;
}

/** Sources a page: their states are at most 400 KB each, and a page of the service 1 MB. */
const SOURCES_A_PAGE = 200;

/** `hasTime`: for another page. Repeating it is safe. */
export async function takeUp(deps: TakeUpDeps, nowMs: number, hasTime: () => boolean): Promise<TakeUpReport> {
  const rules = deps.pipeline.alerts.filter(({ on }) => on.kind === 'source');
  const totals = { sources: 0, transitions: 0, failed: 0 };
  if (rules.length === 0) return { ...totals, finished: true };
  const of = JSON.stringify(rules.map(({ name, filter }) => [name, [...(filter.sources ?? [''])]]));
  const stored = await deps.alerts.loadWalk();
  let walk = stored?.of === of ? stored : { of, after: undefined, isOver: false, version: stored?.version };
  while (!walk.isOver) {
    if (!hasTime()) return { ...totals, finished: false };
    const { states, next } = await deps.states.page({ limit: SOURCES_A_PAGE, after: walk.after });
    const page = await takeUpPage(rules, states, deps, nowMs);
    // The page comes again at the next run.
    if (page.failed > 0) return { ...totals, failed: totals.failed + page.failed, finished: false };
    totals.sources += states.length;
    totals.transitions += page.transitions;
    const version = await deps.alerts.commitWalk({ ...walk, after: next, isOver: next === undefined });
    // Another run is on the way, or the next one looks at the page again.
    if (version === undefined) return { ...totals, finished: false };
    walk = { of, after: next, isOver: next === undefined, version };
  }
  return { ...totals, finished: true };
}

async function takeUpPage(
  rules: readonly AlertRule[],
  states: readonly StoredState[],
  { alerts, log }: TakeUpDeps,
  nowMs: number,
): Promise<{ readonly transitions: number; readonly failed: number }> {
  const watched = states.flatMap(({ source, state, retiredAtMs = Number.NEGATIVE_INFINITY, held }) => {
    // What it sends is set aside: it is not silent.
    if (held !== undefined) return [];
    const keys = rules.flatMap((rule) => {
      const series = watchedSeries(rule, source);
      return series === undefined ? [] : [{ rule, key: { rule: rule.name, series } }];
    });
    if (keys.length === 0) return [];
    try {
      const { lastArrivalMs, silences } = decodeStateImage(source, state);
      if (retiredAtMs >= lastArrivalMs) return [];
      // All it has sent so far is in quarantine: nothing has arrived of it.
      return lastArrivalMs < 0 ? [] : keys.map((key) => ({ ...key, lastArrivalMs, silences }));
    } catch (error) {
      // One state that cannot be read must not keep all others unwatched.
      log.error('state not readable', { source, reason: String(error) });
      return [];
    }
  });
  const known = await alerts.load(watched.map(({ key }): AlertKey => key));
  const writes = watched.flatMap(({ rule, key, lastArrivalMs, silences }): readonly AlertWrite[] => {
    const stored = known.get(alertId(key));
    if (stored?.checkAtMs !== undefined) return [];
    const { state, changed, checkAtMs } = foldSilence(rule, stored?.state ?? newlyWatched(rule, silences), {
      lastArrivalMs,
      nowMs,
    });
    if (stored !== undefined && !changed && checkAtMs === undefined) return [];
    return [{ ...key, expectedVersion: stored?.version, state, checkAtMs }];
  });
  const outcomes = await alerts.commit(writes);
  let [transitions, failed] = [0, 0];
  for (const [at, write] of writes.entries()) {
    const outcome = outcomes[at];
    const before = known.get(alertId(write))?.state.sequence ?? 0;
    if (outcome?.kind === 'committed') transitions += write.state.sequence - before;
    // Refused: an arrival has taken it up meanwhile.
    else if (outcome?.kind !== 'refused') failed += 1;
  }
  return { transitions, failed };
}
