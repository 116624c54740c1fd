// Which events are duplicates: rule 2 of the semantics.
import { isFoldedOpen, openFrom } from './apply-event.ts';
import type { EpochMs } from './brands.ts';
import type { TelemetryEvent } from './event.ts';
import type { FoldedInto } from './folded-into.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Usefulness } from './remembered-ids.ts';
import type { SourceState } from './source-state.ts';

/** Ids of events from this time on are known by the id alone: the beginning of the horizon. */
export function horizonStart(state: SourceState, { dedupeHorizonMs }: Pipeline): EpochMs {
  return state.maxTime - dedupeHorizonMs;
}

/**
 * Whether the event has been applied before: its id within the horizon, or its id and time while a window that it was folded into
 * is still open.
 */
export function isDuplicate(
  state: SourceState,
  { id, time }: TelemetryEvent,
  maxTimeBefore: EpochMs,
  pipeline: Pipeline,
): boolean {
  if (id === undefined || state.ids.isAhead(id)) return false;
  return state.ids.has(id, time, {
    oldest: horizonStart(state, pipeline),
    byTime: pipeline.dedupeByTime,
    isOpen: isFoldedOpen(state, maxTimeBefore),
  });
}

/**
 * An event that no aggregation takes is in no window, so a repeat can be recognised only within the horizon.
 */
export function isBeyondTelling(
  { id, time }: TelemetryEvent,
  maxTimeBefore: EpochMs,
  { dedupeHorizonMs }: Pipeline,
): boolean {
  return id !== undefined && time < maxTimeBefore - dedupeHorizonMs;
}

/** An id of an event in no window, and before the horizon, makes no other event a duplicate. */
export function rememberApplied(
  state: SourceState,
  { id, time }: TelemetryEvent,
  folded: FoldedInto,
  pipeline: Pipeline,
): void {
  if (id === undefined || (folded === 0 && time < horizonStart(state, pipeline))) return;
  state.ids.add(id, time, folded);
  if (state.ids.isTidyDue) state.ids.tidy(usefulness(state, pipeline));
}

/** Whether the source remembers as many ids as it is allowed to. */
export function isFullOfIds(state: SourceState, pipeline: Pipeline): boolean {
  if (!state.ids.isFull) return false;
  state.ids.forgetPages(usefulness(state, pipeline).from);
  return state.ids.isFull;
}

/** Which remembered ids are still of use in the present state. */
export function usefulness(state: SourceState, pipeline: Pipeline): Usefulness {
  const oldest = horizonStart(state, pipeline);
  const isOpen = isFoldedOpen(state, state.maxTime);
  return {
    isOfUse: (time, folded) => time >= oldest || isOpen(time, folded),
    from: Math.min(oldest, openFrom(state)),
  };
}
