// A field of an event that is counted by its texts: distinct ones, or the most frequent.
import type { TelemetryEvent } from './event.ts';

/** As a pipeline writes it: `source`, `type`, `id`, `tags.NAME` or `values.NAME`. */
export interface EventField {
  readonly text: string;
  readonly kind: 'source' | 'type' | 'id' | 'tag' | 'value';
  /** Name of the tag or value. */
  readonly name: string;
}

/** undefined where the text names no field. */
export function parseEventField(text: string): EventField | undefined {
  if (text === 'source' || text === 'type' || text === 'id') return { text, kind: text, name: '' };
  const [, kind, name] = /^(tags|values)\.(.{1,64})$/s.exec(text) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  return { text, kind: kind === 'tags' ? 'tag' : 'value', name };
}

/** The field's text in this event, undefined where it has none. A number is its decimal text. */
export function fieldOf(event: TelemetryEvent, { kind, name }: EventField): string | undefined {
  switch (kind) {
    case 'source':
      return event.source;
    case 'type':
      return event.type;
    case 'id':
      return event.id === undefined ? undefined : String(event.id);
    case 'tag':
      return Object.hasOwn(event.tags, name) ? event.tags[name] : undefined;
    case 'value':
      // -0 is 0
      return Object.hasOwn(event.values, name) ? String((event.values[name] ?? 0) + 0) : undefined;
  }
}
