// The alerts a subscription is to, as they are now, in messages: what is pending or firing, what has lately resolved, and
// whatever changed in the last minutes. An index says which to read; their own items, read consistently, say how they stand.
import { watchedSeries } from '../../src/core/alerts/watched-series.ts';
import { alertId } from '../../src/stores/alerts.ts';
import { standingAlertAnswer } from '../../src/wire/api/alert-answer.ts';
import type { AlertsOf } from '../../src/wire/live/alerts-of.ts';
import { alertFilter } from '../../src/wire/live/alerts-of.ts';
import { packAlerts } from '../../src/wire/live/pack-messages.ts';
import type { SnapshotDeps } from './snapshot-deps.ts';

/** Most alerts of each kind that one snapshot looks at. If there are more, the snapshot says that it is incomplete. */
const MAX_ALERTS = 1_000;
/** Resolved ones to begin with, the latest. */
const RESOLVED = 100;

export async function snapshotOfAlerts(
  of: AlertsOf,
  { id, round }: { readonly id: string; readonly round: number },
  deps: SnapshotDeps,
): Promise<readonly string[]> {
  const { ids, whole } = of.source === undefined ? await standingIds(of, deps) : idsOfSource(of.source, deps);
  const stored = await deps.alerts.loadById([...ids]);
  const isWanted = alertFilter(deps.pipeline);
  const filter = JSON.stringify(of);
  const alerts = [...stored.values()]
    .flatMap(({ rule, series, state }) => {
      const latest = state.transitions.at(-1);
      return latest === undefined ? [] : [standingAlertAnswer(rule, series, latest)];
    })
    .filter((alert) => isWanted(alert, filter))
    .sort((a, b) => (`${a.rule} ${a.series}` < `${b.rule} ${b.series}` ? -1 : 1));
  return packAlerts({ type: 'alerts', id, round, whole, alerts });
}

interface Ids {
  readonly ids: ReadonlySet<string>;
  readonly whole: boolean;
}

/** The keys are known: no more than the pipeline has rules. */
function idsOfSource(source: string, { pipeline }: SnapshotDeps): Ids {
  const ids = pipeline.alerts.flatMap((rule) => {
    const series = watchedSeries(rule, source);
    return series === undefined ? [] : [alertId({ rule: rule.name, series })];
  });
  return { ids: new Set(ids), whole: true };
}

async function standingIds({ rule }: AlertsOf, { alerts, recent, clock }: SnapshotDeps): Promise<Ids> {
  const active = new Set<string>();
  const changed = new Set<string>();
  const resolved = new Set<string>();
  for await (const { id } of alerts.standing('active', { rule, readAhead: 200 })) {
    active.add(id);
    if (active.size > MAX_ALERTS) break;
  }
  for await (const { id } of alerts.standing('resolved', { readAhead: RESOLVED })) {
    resolved.add(id);
    if (resolved.size === RESOLVED) break;
  }
  // Last: what the index did not have yet when it was read has been noted here before it was told.
  for await (const id of recent.list(clock.nowMs())) {
    changed.add(id);
    if (changed.size > MAX_ALERTS) break;
  }
  const whole = active.size <= MAX_ALERTS && changed.size <= MAX_ALERTS;
  return { ids: new Set([...active, ...resolved, ...changed]), whole };
}
