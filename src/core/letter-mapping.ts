// A small correction for quarantined events: renames, scales and sets members before the events are read again.

/** Paths are names joined by dots: `time`, `values.temp`, `tags.site`. A path that does not exist is skipped, except by `set`. */
export interface LetterMapping {
  /** The old path to the new one. */
  readonly rename: Readonly<Record<string, string>>;
  /** Multiplies numbers, and texts that are numbers: seconds to ms are `{ "time": 1000 }`. */
  readonly scale: Readonly<Record<string, number>>;
  /** Sets these, whether or not they exist. */
  readonly set: Readonly<Record<string, unknown>>;
  /** Uses the arrival of the record in the stream as the time of the event. */
  readonly time: 'arrival' | undefined;
}

/** @throws Error that names what was found, what was expected, and where */
export function parseLetterMapping(found: unknown): LetterMapping {
  if (!isObject(found)) throw new Error(`mapping: found ${JSON.stringify(found)}, expected an object`);
  const { rename = {}, scale = {}, set = {}, time, ...others } = found;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Error(`mapping: found ${JSON.stringify(unknown)}, expected rename, scale, set or time`);
  if (time !== undefined && time !== 'arrival')
    throw new Error(`mapping, time: found ${JSON.stringify(time)}, expected "arrival"`);
  return {
    rename: entries('rename', rename, isPath, 'a path such as values.temperature'),
    scale: entries('scale', scale, isNumber, 'a number'),
    set: entries('set', set, isAnything, 'a value'),
    time,
  };
}

/** A corrected copy; anything but an object stays as it is. */
export function applyLetterMapping(event: unknown, mapping: LetterMapping, arrivalMs: number): unknown {
  if (!isObject(event)) return event;
  const mapped = structuredClone(event);
  for (const [from, to] of Object.entries(mapping.rename)) {
    const value = take(mapped, from);
    if (value !== undefined) put(mapped, to, value);
  }
  for (const [path, factor] of Object.entries(mapping.scale)) {
    const value = look(mapped, path);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) put(mapped, path, number * factor);
  }
  for (const [path, value] of Object.entries(mapping.set)) put(mapped, path, value);
  if (mapping.time === 'arrival') put(mapped, 'time', arrivalMs);
  return mapped;
}

type Fields = Record<string, unknown>;

function entries<T>(
  name: string,
  found: unknown,
  is: (value: unknown) => value is T,
  expected: string,
): Readonly<Record<string, T>> {
  if (!isObject(found))
    throw new Error(`mapping, ${name}: found ${JSON.stringify(found)}, expected an object`);
  return Object.fromEntries(
    Object.entries(found).map(([path, value]) => {
      if (!is(value))
        throw new Error(`mapping, ${name}.${path}: found ${JSON.stringify(value)}, expected ${expected}`);
      return [path, value] as const;
    }),
  );
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isAnything(value: unknown): value is unknown {
  return value !== undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function look(event: Fields, path: string): unknown {
  let at: unknown = event;
  for (const name of path.split('.')) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

function take(event: Fields, path: string): unknown {
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.length === 0 ? event : look(event, names.join('.'));
  if (!isObject(parent) || !Object.hasOwn(parent, last)) return undefined;
  const value = parent[last];
  delete parent[last];
  return value;
}

/** Missing objects on the path are created; `__proto__` is a name like any other. */
function put(event: Fields, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = event;
  for (const name of names) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    const inner: Fields = isObject(next) ? next : {};
    if (inner !== next) define(at, name, inner);
    at = inner;
  }
  define(at, last, value);
}

function define(into: Fields, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}
