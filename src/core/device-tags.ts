// Tags that a table of devices gives to events whose source says nothing of them: site, model, owner.
import type { TelemetryEvent } from './event.ts';
import { EVENT_LIMITS } from './event-limits.ts';

/** Tags by source. */
export type Devices = ReadonlyMap<string, Readonly<Record<string, string>>>;

/**
 * The event with its device's tags beside its own, which count where both have one. Where that would be more than an event may
 * have, `onLeftOut` is told the names that are left out.
 */
export function withDeviceTags(
  event: TelemetryEvent,
  known: Readonly<Record<string, string>> | undefined,
  onLeftOut: (name: string) => void,
): TelemetryEvent {
  if (known === undefined) return event;
  const entries = Object.entries(event.tags);
  for (const [name, tag] of Object.entries(known)) {
    if (Object.hasOwn(event.tags, name)) continue;
    if (entries.length < EVENT_LIMITS.tags) entries.push([name, tag]);
    else onLeftOut(name);
  }
  return { ...event, tags: Object.fromEntries(entries) };
}
