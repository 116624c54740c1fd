// The tags a window's groups are kept apart by.
import type { TelemetryEvent } from './event.ts';
import type { WindowGroup } from './source-window.ts';

/**
 * Most combinations of tags that one window of a source distinguishes, besides the `OVERFLOW_TAG` one. A source that invents tags
 * would otherwise begin a new series of each rollup with each event, and every series stays.
 */
export const MAX_GROUPS = 250;

/** Stands for the tags of events beyond these: each of the window's tags has this value. */
export const OVERFLOW_TAG = '(overflow)';

/** The group of a window that an event belongs to; undefined: it must be begun. */
export function findGroup<G extends Pick<WindowGroup, 'tags'>>(
  groups: readonly G[],
  groupBy: readonly string[],
  event: TelemetryEvent,
): G | undefined {
  for (const group of groups) if (isGroupOf(group, groupBy, event)) return group;
  return groups.length < MAX_GROUPS ? undefined : groups.find(({ tags }) => isOverflow(tags));
}

/** The tags of a group that is begun for an event. */
export function tagsOfNew(
  groups: readonly unknown[],
  groupBy: readonly string[],
  event: TelemetryEvent,
): (string | null)[] {
  return groups.length < MAX_GROUPS || groupBy.length === 0
    ? tagsOf(event, groupBy)
    : groupBy.map(() => OVERFLOW_TAG);
}

export function isOverflow(tags: readonly (string | null)[]): boolean {
  return tags.length > 0 && tags.every((tag) => tag === OVERFLOW_TAG);
}

/** null if the event does not have the tag. */
function tagsOf(event: TelemetryEvent, groupBy: readonly string[]): (string | null)[] {
  return groupBy.map((tag) => tagOf(event, tag));
}

function isGroupOf(
  group: Pick<WindowGroup, 'tags'>,
  groupBy: readonly string[],
  event: TelemetryEvent,
): boolean {
  for (let at = 0; at < groupBy.length; at += 1) {
    const tag = groupBy[at];
    if (tag !== undefined && tagOf(event, tag) !== group.tags[at]) return false;
  }
  return true;
}

function tagOf(event: TelemetryEvent, tag: string): string | null {
  return Object.hasOwn(event.tags, tag) ? (event.tags[tag] ?? null) : null;
}
