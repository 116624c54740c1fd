// An event in the form that it may be sent in again.
import type { TelemetryEvent } from './event.ts';

/** States stand among its values again: `true` and `false` that are 1 and 0 there as what they were, texts as texts. */
export function asSent(event: TelemetryEvent): Readonly<Record<string, unknown>> {
  const { states, ...rest } = event;
  if (states === undefined) return rest;
  const values = new Map<string, unknown>(Object.entries(rest.values));
  for (const [name, state] of Object.entries(states))
    values.set(name, values.has(name) ? state === 'true' : state);
  return { ...rest, values: Object.fromEntries(values) };
}
