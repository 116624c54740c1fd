// An event as it is put into the stream: in its own form, so that it means there what it meant in the file.

import type { TelemetryEvent } from '../core/event.ts';
import { isObject } from '../core/event-rules.ts';
import type { SetAsideValues } from './decoded-item.ts';

export interface RawEvent {
  readonly source: string;
  readonly id: string | number | undefined;
  /** ms since the epoch */
  readonly time: number;
  /** All but source and id. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function rawEvent({ source, id, time, type, tags, values, states }: TelemetryEvent): RawEvent {
  const said = states === undefined ? values : { ...values, ...statesAsSent(states, values) };
  return { source, id, time, fields: { type, time, values: said, tags } };
}

/** With the values that do not count: the stream's own letter tells of them. */
export function wholeEvent(event: TelemetryEvent, { payload }: SetAsideValues): RawEvent {
  const parsed: unknown = payload.encoding === 'json' ? JSON.parse(payload.body) : undefined;
  if (!isObject(parsed)) return rawEvent(event);
  const { source: _, id: __, ...fields } = parsed;
  return { source: event.source, id: event.id, time: event.time, fields };
}

/** What stands among the values as well was a boolean. */
function statesAsSent(
  states: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      Object.hasOwn(values, name) ? state === 'true' : state,
    ]),
  );
}
