// The tags a window's groups are kept apart by.
import type { TelemetryEvent } from './event.ts';
import type { WindowGroup } from './source-window.ts';

/** null where the event does not have the tag. */
export function tagsOf(event: TelemetryEvent, groupBy: readonly string[]): (string | null)[] {
  return groupBy.map((tag) => tagOf(event, tag));
}

export function isGroupOf(group: WindowGroup, groupBy: readonly string[], event: TelemetryEvent): boolean {
  for (let at = 0; at < groupBy.length; at += 1) {
    const tag = groupBy[at];
    if (tag !== undefined && tagOf(event, tag) !== group.tags[at]) return false;
  }
  return true;
}

function tagOf(event: TelemetryEvent, tag: string): string | null {
  return Object.hasOwn(event.tags, tag) ? (event.tags[tag] ?? null) : null;
}
