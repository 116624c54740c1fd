// An event in a form in which it can be sent again.
import type { TelemetryEvent } from './event.ts';

/** States are among its values again: `true` and `false`, which are 1 and 0 there, as booleans; texts as texts. */
export function asSent(event: TelemetryEvent): Readonly<Record<string, unknown>> {
  const { states, ...rest } = event;
  if (states === undefined) return rest;
  const values = new Map<string, unknown>(Object.entries(rest.values));
  for (const [name, state] of Object.entries(states))
    values.set(name, values.has(name) ? state === 'true' : state);
  return { ...rest, values: Object.fromEntries(values) };
}
