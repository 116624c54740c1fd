// What the alerts that watch a source's state, or a rollup window, learn from a change of it.

import { holdMsOf } from '../counted-as.ts';
import { beganMsOf, heldKey, stateOf } from '../held-trail.ts';
import { summarizeMetric } from '../metric.ts';
import { parseRollupSeries } from '../series.ts';
import type { ClosedWindow, GroupContents } from '../source-window.ts';
import type { ChangedWindows } from '../state-changes.ts';
import { summarizeStateTime } from '../state-time.ts';
import type { StoredWindow } from '../stored-window.ts';
import { mergeGroups, revisionOf } from '../window.ts';
import type { AlertFilter, AlertOn, AlertRule, Measure, StateMeasure } from './alert-rule.ts';
import { ELSEWHERE } from './alert-rule.ts';
import type { KeptWindow } from './alert-state.ts';
import { holdsForGood } from './irrevocable.ts';
import type { Observation } from './judge.ts';

/** Whether a rule watches sources of this name. */
export function watchesSource({ on, filter: { sources } }: AlertRule, source: string): boolean {
  return on.kind !== 'rollup' && (sources?.some((beginning) => source.startsWith(beginning)) ?? true);
}

/**
 * Closed windows in the order they closed, which does not depend on how many of them one write closes. With `provisional`, also
 * changed open windows of which more events cannot undo the finding.
 */
export function observeSource(
  rule: AlertRule,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
): readonly KeptWindow[] {
  const { on, measure, filter } = rule;
  if (measure === undefined || on.kind === 'source' || on.kind === 'rollup') return [];
  if (on.kind === 'last') return observeLast(on, measure, before, after);
  const isWatched = isWindowOf(on);
  const look = (window: ClosedWindow) =>
    isUnfit(window, filter)
      ? []
      : observe(measure, window, mergeGroups({ groups: groupsOf(window, filter) }));
  const closed = after.closed.filter(isWatched).flatMap(look);
  if (!on.provisional) return closed;
  const earlier = new Map(before?.open.map((window) => [keyOf(window), revisionOf(window.groups)]));
  const changed = after.open.filter(
    (window) => isWatched(window) && earlier.get(keyOf(window)) !== revisionOf(window.groups),
  );
  return [...closed, ...changed.flatMap(look).flatMap((seen) => whileOpen(rule, seen))];
}

function keyOf({ aggregation, spec, start }: ClosedWindow): string {
  return `${start} ${spec} ${aggregation}`;
}

function whileOpen(rule: AlertRule, seen: Observation): readonly KeptWindow[] {
  return holdsForGood(rule, seen.value) ? [{ ...seen, open: true }] : [];
}

/** Undefined if the rule does not watch the series, or not yet this window. */
export function observeRollup(rule: AlertRule, window: StoredWindow): KeptWindow | undefined {
  const { on } = rule;
  if (on.kind !== 'rollup' || rule.measure === undefined || !watchesSeries(rule, window.series))
    return undefined;
  if (window.partial !== undefined) return gone(window);
  if (!window.final && !on.provisional) return undefined;
  const seen = isEmptied(window) ? undefined : seenIn(rule.measure, window);
  // What was taken out of it may be what it was judged by.
  if (seen === undefined) return window.final && window.raised !== undefined ? gone(window) : undefined;
  return window.final ? seen : whileOpen(rule, seen)[0];
}

function seenIn(measure: Measure, window: StoredWindow): Observation | undefined {
  const [found] = observe(measure, { ...window, groups: [window] }, window);
  return found && { ...found, revision: found.revision + (window.raised ?? 0) };
}

/** It may have been judged when it held something else, or all of it. */
function gone(window: StoredWindow): KeptWindow {
  const { start, end, raised = 0 } = window;
  return { start, end, revision: revisionOf([window]) + raised, value: 0, gone: true };
}

/**
 * Whether all the time that the window counted has moved to other series, because a late sample showed that the value or state held
 * elsewhere. The window then says nothing, as if it had never existed, because its existence depended on when the sample came.
 */
function isEmptied({ events, metrics, weights = [], states = [] }: StoredWindow): boolean {
  return (
    events === 0 &&
    metrics.length === 0 &&
    weights.every(({ ms }) => ms === 0) &&
    states.every((state) => state.changes === 0 && [...state.ms.values()].every((ms) => ms === 0))
  );
}

export function watchesSeries({ on, filter }: AlertRule, series: string): boolean {
  const rollup = parseRollupSeries(series);
  if (on.kind !== 'rollup' || rollup?.rollup !== on.name) return false;
  // Levels have different numbers of tags.
  const level = on.levels.find(({ length }) => length === rollup.values.length);
  if (level === undefined) return false;
  return [...(filter.tags ?? [])].every(([tag, values]) =>
    isAmong(values, rollup.values[level.indexOf(tag)]),
  );
}

/** An event without the tag is not the same as an event whose tag is empty. */
function isAmong(values: ReadonlySet<string>, value: string | null | undefined): boolean {
  return typeof value === 'string' && values.has(value);
}

/** A window that holds only a part of its events cannot say what all of them would: it is ignored. */
function isUnfit({ partial, regrouped }: ClosedWindow, { tags }: AlertFilter): boolean {
  const isToldApart =
    regrouped === undefined || [...(tags ?? new Map()).keys()].every((tag) => regrouped.tags.includes(tag));
  return partial !== undefined || !isToldApart;
}

function isWindowOf({ name, spec }: { readonly name: string; readonly spec: string }) {
  return (window: ClosedWindow) => window.aggregation === name && window.spec === spec;
}

function groupsOf({ groups, groupBy }: ClosedWindow, { tags }: AlertFilter): ClosedWindow['groups'] {
  if (tags === undefined) return groups;
  const wanted = [...tags].map(([tag, values]) => ({ at: groupBy.indexOf(tag), values }));
  return groups.filter((group) => wanted.every(({ at, values }) => isAmong(values, group.tags[at])));
}

/** None if the window does not have the metric. */
function observe(
  measure: Measure,
  window: Pick<ClosedWindow, 'start' | 'end'> & { readonly groups: readonly GroupContents[] },
  contents: GroupContents,
): Observation[] {
  const { start, end } = window;
  const value = numberOf(measure, contents, end - start);
  return value === undefined ? [] : [{ start, end, revision: revisionOf(window.groups), value }];
}

function numberOf(measure: Measure, contents: GroupContents, lengthMs: number): number | undefined {
  switch (measure.kind) {
    case 'events':
      return contents.events;
    case 'metric':
      return aggregateOf(measure, contents, lengthMs);
    case 'state':
      return stateAggregateOf(measure, contents);
  }
}

/** None if the window knows nothing of the state. */
function stateAggregateOf({ metric, aggregate, state }: StateMeasure, { states = [] }: GroupContents) {
  const found = states.find(({ name }) => name === metric);
  if (found === undefined) return undefined;
  const { times, changes, last, lastingMs, ended } = summarizeStateTime(found);
  if (last === undefined && times.length === 0) return undefined;
  if (aggregate === 'changes') return changes;
  if (aggregate === 'lasting') return Math.max(ended?.get(state ?? '') ?? 0, last === state ? lastingMs : 0);
  const ms = times.find((share) => share.state === state)?.ms ?? 0;
  if (aggregate === 'seconds') return ms / 1_000;
  const known = times.reduce((sum, share) => sum + share.ms, 0);
  return known === 0 ? undefined : ms / known;
}

function aggregateOf(
  { metric, aggregate }: Measure & { readonly kind: 'metric' },
  { metrics, weights = [] }: GroupContents,
  lengthMs: number,
): number | undefined {
  const found = metrics.find(({ name }) => name === metric);
  if (found === undefined) return undefined;
  const summary: Readonly<Record<string, number | undefined>> = {
    ...summarizeMetric(
      found,
      lengthMs,
      weights.find(({ name }) => name === metric),
    ),
  };
  return summary[aggregate];
}

function observeLast(
  on: LastOn,
  measure: Measure,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
): readonly Observation[] {
  if (measure.kind === 'state') return observeLastState(on, measure, before, after);
  if (measure.kind !== 'metric') return [];
  const now = lastOf(on, measure.metric, after);
  const then = before === undefined ? undefined : lastOf(on, measure.metric, before);
  if (now === undefined || (now.start === then?.start && now.revision === then.revision)) return [];
  return [now];
}

/** Also if the observed time stays the same, but a late sample shows that the state has lasted less long. */
function observeLastState(
  on: LastOn,
  measure: StateMeasure,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
): readonly Observation[] {
  const now = lastStateOf(on, measure, after);
  const then = before === undefined ? undefined : lastStateOf(on, measure, before);
  if (now === undefined || (now.start === then?.start && now.value === then.value)) return [];
  return [now];
}

function lastStateOf(
  on: LastOn,
  { metric, state }: StateMeasure,
  { held, applied }: ChangedWindows,
): Observation | undefined {
  const own = held.find(({ name, spec }) => name === on.name && spec === on.spec)?.held;
  const found = own?.trails.get(heldKey(metric, 'state'));
  const last = found?.trail.samples.at(-1);
  if (own === undefined || found === undefined || last === undefined) return undefined;
  const beganMs = beganMsOf(found, found.trail.samples.length - 1, holdMsOf(own.rules)) ?? last.time;
  const value = stateOf(found, last) === state ? last.time - beganMs : ELSEWHERE;
  return { start: last.time, end: last.time, revision: applied, value };
}

type LastOn = AlertOn & { readonly kind: 'last' };

function lastOf(on: LastOn, metric: string, { open, closed }: ChangedWindows): Observation | undefined {
  let last: Observation | undefined;
  for (const { groups } of [...closed, ...open].filter(isWindowOf(on))) {
    for (const { metrics } of groups) {
      const sample = metrics.find(({ name }) => name === metric)?.last;
      if (sample === undefined) continue;
      const { time, order, value } = sample;
      if (last !== undefined && (time < last.start || (time === last.start && order < last.revision)))
        continue;
      last = { start: time, end: time, revision: order, value };
    }
  }
  return last;
}
