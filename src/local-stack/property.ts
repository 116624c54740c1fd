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
