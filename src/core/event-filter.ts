// Which events an aggregation takes, by type and by tags. Everything named must match.
import type { TelemetryEvent } from './event.ts';

export interface EventFilter {
  /** Any of these; undefined: every type. */
  readonly types: ReadonlySet<string> | undefined;
  /** By tag name: the event has the tag with one of these values. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

export function passesFilter({ types, tags }: EventFilter, event: TelemetryEvent): boolean {
  if (types !== undefined && !types.has(event.type)) return false;
  if (tags === undefined) return true;
  for (const [name, values] of tags) {
    const value = Object.hasOwn(event.tags, name) ? event.tags[name] : undefined;
    if (value === undefined || !values.has(value)) return false;
  }
  return true;
}
