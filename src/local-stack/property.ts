// Checks values read from a template: each returns the value with its type, or throws found, expected and where.

export function asText(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(value, 'text', where);
}

/** CloudFormation takes numbers as text too. */
export function asNumber(value: unknown, where: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw unexpected(value, 'a number', where);
}

/** CloudFormation takes truth values as text too. */
export function asBoolean(value: unknown, where: string): boolean {
  const text = String(value).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw unexpected(value, 'true or false', where);
}

export function asNumberWithin(
  value: unknown,
  [least, most]: readonly [number, number],
  where: string,
): number {
  const number = asNumber(value, where);
  if (number >= least && number <= most) return number;
  throw unexpected(value, `${least} to ${most}`, where);
}

/** Texts by name; none where there is nothing. */
export function asTextMap(value: unknown, where: string): ReadonlyMap<string, string> {
  const entries = Object.entries(ifPresent(value, asObject, where) ?? {});
  return new Map(entries.map(([key, text]) => [key, asText(text, `${where}.${key}`)]));
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(value, 'a list', where);
}

export function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw unexpected(value, 'an object', where);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Applies `parse` to what is there. */
export function ifPresent<T>(
  value: unknown,
  parse: (value: unknown, where: string) => T,
  where: string,
): T | undefined {
  return value === undefined ? undefined : parse(value, where);
}

function unexpected(value: unknown, expected: string, where: string): Error {
  return new Error(`template, ${where}: found ${JSON.stringify(value)}, expected ${expected}`);
}
