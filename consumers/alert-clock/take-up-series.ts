// Takes up the series of rollups that a rule on silence watches and that nothing has come from since it was deployed: a walk over those
// that are noted, once for each change of these rules. Nobody knows when something came last; the end of the latest window there is stands for it.
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import { emptyAlertState } from '../../src/core/alerts/alert-state.ts';
import { watchesSeries } from '../../src/core/alerts/observe-change.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { AlertKey, Alerts, AlertWrite } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { Windows } from '../../src/stores/windows.ts';
import type { TakeUpReport } from './take-up.ts';

export interface TakeUpSeriesDeps {
  readonly pipeline: Pipeline;
  readonly alerts: Alerts;
  readonly windows: Windows;
  readonly directory: RollupDirectory;
}

/** Each may be a query of its latest window. */
const SERIES_A_PAGE = 50;

/** `hasTime`: for another page. Repeating it is safe. `sources` of the report are series here. */
export async function takeUpSeries(
  deps: TakeUpSeriesDeps,
  nowMs: number,
  hasTime: () => boolean,
): Promise<TakeUpReport> {
  const { alerts, pipeline } = deps;
  const rules = pipeline.alerts.filter(({ on, when }) => on.kind === 'rollup' && when.kind === 'absent');
  const totals = { sources: 0, transitions: 0, failed: 0 };
  if (rules.length === 0) return { ...totals, finished: true };
  const of = JSON.stringify(rules.map((rule) => [rule.name, rollupOf(rule), tagsOf(rule.filter)]));
  const stored = await alerts.loadWalk('series');
  let walk = stored?.of === of ? stored : { of, after: undefined, isOver: false, version: stored?.version };
  while (!walk.isOver) {
    if (!hasTime()) return { ...totals, finished: false };
    const { series, next } = await page(rules, walk.after, deps);
    const failed = await takeUpPage(rules, series, deps, nowMs);
    // The page comes again at the next run.
    if (failed > 0) return { ...totals, failed, finished: false };
    totals.sources += series.length;
    const version = await alerts.commitWalk({ ...walk, after: next, isOver: next === undefined }, 'series');
    // Another run is on the way, or the next one looks at the page again.
    if (version === undefined) return { ...totals, finished: false };
    walk = { of, after: next, isOver: next === undefined, version };
  }
  return { ...totals, finished: true };
}

function rollupOf({ on }: AlertRule): string {
  return on.kind === 'rollup' ? on.name : '';
}

function tagsOf({ tags }: AlertRule['filter']): readonly unknown[] {
  return [...(tags ?? [])].map(([tag, values]) => [tag, [...values]]);
}

/** The next page of series, one rollup after the other. `after` is where the page before ended: a rollup's name, `|` (in no name), and a place in its list. */
async function page(
  rules: readonly AlertRule[],
  after: string | undefined,
  { directory }: TakeUpSeriesDeps,
): Promise<{ readonly series: readonly string[]; readonly next: string | undefined }> {
  const rollups = [...new Set(rules.map(rollupOf))].sort();
  const border = after?.indexOf('|') ?? 0;
  const at = after === undefined ? 0 : rollups.indexOf(after.slice(0, border));
  const rollup = rollups[at];
  if (rollup === undefined) return { series: [], next: undefined };
  const from = after === undefined ? '' : after.slice(border + 1);
  const series: string[] = [];
  for await (const noted of directory.list(rollup, { after: from, readAhead: SERIES_A_PAGE })) {
    series.push(noted.series);
    if (series.length === SERIES_A_PAGE) return { series, next: `${rollup}|${noted.key}` };
  }
  const following = rollups[at + 1];
  return { series, next: following === undefined ? undefined : `${following}|` };
}

/** How many could not be written. */
async function takeUpPage(
  rules: readonly AlertRule[],
  series: readonly string[],
  { alerts, windows }: TakeUpSeriesDeps,
  nowMs: number,
): Promise<number> {
  const watched = series.flatMap((one) =>
    rules
      .filter((rule) => watchesSeries(rule, one))
      .map((rule) => ({ rule, key: { rule: rule.name, series: one } })),
  );
  const known = await alerts.load(watched.map(({ key }): AlertKey => key));
  const writes: AlertWrite[] = [];
  for (const { rule, key } of watched) {
    if (known.has(alertId(key)) || rule.when.kind !== 'absent') continue;
    const state = emptyAlertState(rule);
    const endMs = await latestEndMs(windows, key.series);
    writes.push({
      ...key,
      expectedVersion: undefined,
      // All its windows have expired: it is watched from now on.
      state: endMs === undefined ? { ...state, observedMs: nowMs } : state,
      checkAtMs: Math.min(endMs ?? nowMs, nowMs) + rule.when.afterMs,
    });
  }
  const outcomes = await alerts.commit(writes);
  // Refused: something has come meanwhile.
  return writes.filter((_, at) => outcomes[at]?.kind !== 'committed' && outcomes[at]?.kind !== 'refused')
    .length;
}

/** End of the latest window stored; undefined: there is none. */
export async function latestEndMs(windows: Windows, series: string): Promise<number | undefined> {
  for await (const [part] of windows.listParts(series, { descending: true, readAhead: 1 }))
    return part?.window.end;
  return undefined;
}
