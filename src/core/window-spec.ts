// How an aggregation cuts a source's event time into windows.
import type { EpochMs } from './brands.ts';

/**
 * Tumbling and hopping windows are aligned to the epoch and half open, `[start, start + size)`; a hopping one starts
 * every `everyMs`, never before the epoch. A session is `[first, last + gap)`.
 */
export type WindowSpec =
  | { readonly kind: 'tumbling'; readonly sizeMs: number }
  | { readonly kind: 'hopping'; readonly sizeMs: number; readonly everyMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

/** A hopping window's size is at most so many hops: each event falls in as many windows. */
export const MAX_HOPS = 64;

/** Names the spec in states: windows of another spec are windows of another aggregation. */
export function specText(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'tumbling':
      return `t${spec.sizeMs}`;
    case 'hopping':
      return `h${spec.sizeMs}/${spec.everyMs}`;
    case 'session':
      return `s${spec.gapMs}`;
  }
}

/** Of what `specText` says. */
export function isSession(spec: string): boolean {
  return spec.startsWith('s');
}

/** The starts of the windows that hold `time`, the latest first. Not for sessions, which depend on other events. */
export function windowStarts(
  spec: Exclude<WindowSpec, { kind: 'session' }>,
  time: EpochMs,
): readonly EpochMs[] {
  if (spec.kind === 'tumbling') return [time - (time % spec.sizeMs)];
  const starts: EpochMs[] = [];
  const latest = time - (time % spec.everyMs);
  for (let start = latest; start > time - spec.sizeMs && start >= 0; start -= spec.everyMs)
    starts.push(start);
  return starts;
}

/** How long one event keeps a window open in event time: the size, or the gap of a session. */
export function spanMs(spec: WindowSpec): number {
  return spec.kind === 'session' ? spec.gapMs : spec.sizeMs;
}
