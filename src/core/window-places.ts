// Which windows, and which of their groups, samples of counters, states and values belong to.
import type { EpochMs } from './brands.ts';
import type { CounterSample } from './counter-trail.ts';
import type { TelemetryEvent } from './event.ts';
import { findGroup, tagsOfNew } from './group-tags.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import type { SourceWindow, WindowGroup } from './source-window.ts';
import { windowsAt } from './window-spec.ts';

/** As the group has them that the event is in: samples share them, and are told apart by them quickly. */
export function tagsHeld(open: OpenAggregation, event: TelemetryEvent): CounterSample['tags'] {
  const { groupBy } = open.aggregation;
  for (const { groups } of windowsHolding(open, event.time)) {
    const group = findGroup(groups, groupBy, event);
    if (group !== undefined) return group.tags;
  }
  return tagsOfNew([], groupBy, event);
}

/** Samples beside the border of two sessions are kept: should they become one, the step across it counts. */
export function mayDropIn(open: OpenAggregation): (sample: CounterSample, next: CounterSample) => boolean {
  if (open.aggregation.window.kind !== 'session') return () => true;
  return (sample, next) => windowsHolding(open, sample.time).some((window) => windowHolds(window, next.time));
}

/** Where the earliest window begins that may still take an event. */
export function earliestStart(state: SourceState, { aggregation, windows }: OpenAggregation): EpochMs {
  const { window: spec, allowedLatenessMs } = aggregation;
  if (spec.kind === 'session') {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { start } of windows.values()) earliest = Math.min(earliest, start);
    return earliest;
  }
  return windowsAt(spec, Math.max(0, state.maxTime - allowedLatenessMs)).at(-1)?.start ?? 0;
}

export function windowsHolding(
  { aggregation, windows }: OpenAggregation,
  time: EpochMs,
): readonly SourceWindow[] {
  const { window: spec } = aggregation;
  if (spec.kind === 'session') return [...windows.values()].filter((window) => windowHolds(window, time));
  return windowsAt(spec, time).flatMap(({ start }) => windows.get(start) ?? []);
}

export function windowHolds({ start, end }: SourceWindow, time: EpochMs): boolean {
  return start <= time && time < end;
}

export function groupOfTags({ groups }: SourceWindow, tags: CounterSample['tags']): WindowGroup | undefined {
  return groups.find((group) => areSameTags(group.tags, tags));
}

export function areSameTags(a: CounterSample['tags'], b: CounterSample['tags']): boolean {
  return a === b || (a.length === b.length && a.every((tag, at) => tag === b[at]));
}
