// How an aggregation cuts a source's event time into windows.
import type { EpochMs } from './brands.ts';
import type { CalendarSpec, CalendarUnit } from './calendar.ts';
import { periodAt } from './calendar.ts';

/**
 * Tumbling and hopping windows are half open and aligned to the epoch, or to `offsetMs` after it: `[start, start + size)`; a hopping one
 * starts every `everyMs`. No window begins before the epoch. A session is `[first, last + gap)`.
 */
export type WindowSpec =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs?: number }
  | HoppingSpec
  | CalendarSpec
  | { readonly kind: 'session'; readonly gapMs: number };

interface HoppingSpec {
  readonly kind: 'hopping';
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly offsetMs?: number;
}

/** Kinds that give an event's windows from its time alone. */
export type FixedSpec = Exclude<WindowSpec, { kind: 'session' }>;

export interface WindowBounds {
  readonly start: EpochMs;
  /** Exclusive. */
  readonly end: EpochMs;
}

/** A hopping window's size is at most so many hops: each event falls in as many windows. */
export const MAX_HOPS = 64;

/** Names the spec in states: windows of another spec are windows of another aggregation. */
export function specText(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'tumbling':
      return `t${spec.sizeMs}${offsetText(spec.offsetMs)}`;
    case 'hopping':
      return `h${spec.sizeMs}/${spec.everyMs}${offsetText(spec.offsetMs)}`;
    case 'calendar':
      return `c${spec.unit}${spec.unit === 'week' ? spec.weekStart : ''}/${spec.timezone}`;
    case 'session':
      return `s${spec.gapMs}`;
  }
}

function offsetText(offsetMs = 0): string {
  return offsetMs === 0 ? '' : `+${offsetMs}`;
}

/** Whether a text made by `specText` is of session windows. */
export function isSession(spec: string): boolean {
  return spec.startsWith('s');
}

/** The windows that hold `time`, the latest first. Not for sessions, which depend on other events. */
export function windowsAt(spec: FixedSpec, time: EpochMs): readonly WindowBounds[] {
  return spec.kind === 'hopping' ? hopsAt(spec, time) : [windowAt(spec, time)];
}

/** The one window that holds `time`, of a kind that has one. */
export function windowAt(spec: Exclude<FixedSpec, HoppingSpec>, time: EpochMs): WindowBounds {
  if (spec.kind === 'calendar') return periodAt(spec, time);
  const { sizeMs, offsetMs = 0 } = spec;
  // Before the first that is whole there is what is left of one.
  if (time < offsetMs) return { start: 0, end: offsetMs };
  const start = time - ((time - offsetMs) % sizeMs);
  return { start, end: start + sizeMs };
}

function hopsAt({ sizeMs, everyMs, offsetMs = 0 }: HoppingSpec, time: EpochMs): readonly WindowBounds[] {
  if (time < offsetMs) return [{ start: 0, end: offsetMs }];
  const windows: WindowBounds[] = [];
  const latest = time - ((time - offsetMs) % everyMs);
  for (let start = latest; start > time - sizeMs && start >= offsetMs; start -= everyMs)
    windows.push({ start, end: start + sizeMs });
  return windows;
}

/** How long one event keeps a window open in event time, at most: the size, the longest period, or the gap of a session. */
export function spanMs(spec: WindowSpec): number {
  if (spec.kind === 'calendar') return LONGEST_MS[spec.unit];
  return spec.kind === 'session' ? spec.gapMs : spec.sizeMs;
}

/** With the hour by which clocks are set back. */
const LONGEST_MS: Readonly<Record<CalendarUnit, number>> = {
  day: 25 * 3_600_000,
  week: (7 * 24 + 1) * 3_600_000,
  month: (31 * 24 + 1) * 3_600_000,
};
