// The rules of an event, written down a second time for the events of the simulators.

/** Design rules of an event that this one breaks. */
export function brokenRules(event: Readonly<Record<string, unknown>>): string[] {
  const { source, id, type, time, values, tags } = event;
  const entries = (given: unknown) =>
    typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : undefined;
  const textOf = (given: unknown, most: number) =>
    typeof given === 'string' && given.length >= 1 && given.length <= most;
  const rules = {
    source: textOf(source, 128),
    id: Number.isSafeInteger(id) || textOf(id, 64),
    type: textOf(type, 64),
    time: Number.isSafeInteger(time) && Number(time) >= 0,
    values: entries(values)?.every(([name, value]) => textOf(name, 64) && Number.isFinite(value)) ?? false,
    tags: entries(tags)?.every(([, value]) => typeof value === 'string') ?? false,
  };
  return Object.entries(rules).flatMap(([name, kept]) => (kept ? [] : [name]));
}
