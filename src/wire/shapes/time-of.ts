// Event times of shaped data: units, RFC 3339, ISO 8601 with less discipline, patterns, and offsets from a base.
import { describeFound } from '../../core/describe-found.ts';
import { parseRfc3339 } from '../../core/rfc3339.ts';
import type { TimeField, TimeFormat } from '../../core/shape/shape.ts';
import type { TimeUnit } from '../../core/shape/shape-definition.ts';
import { firstAt, memberOf } from './find.ts';
import { readPatternTime } from './pattern-time.ts';
import type { Scope } from './scope.ts';
import { fieldOf } from './text-of.ts';

/** ms since the epoch, as whole as it is known; or what is wrong. */
export type TimeOf = { readonly timeMs: number } | { readonly problem: string };

export function timeOf(field: TimeField, scope: Scope): TimeOf {
  const found = fieldOf(field.from, scope);
  if (found === undefined)
    return { problem: `found nothing at ${placesOf(field)}, expected a time${hintOf(field, scope)}` };
  // The arrival is ms whatever the payload's own times are.
  const isArrival =
    field.from.some((one) => one.kind === 'path' && one.path.from === '@arrival') &&
    found === scope.record.arrivalMs;
  const baseMs = isArrival ? found : readTime(found, field.as, field.zone);
  if (typeof baseMs !== 'number') return { problem: problemOf(found, field) };
  const plusMs = field.plus === undefined ? 0 : plusOf(field.plus, scope);
  if (plusMs === undefined)
    return { problem: `found no number at ${field.plus?.path.text}, expected an offset` };
  return { timeMs: Math.floor(baseMs + plusMs) };
}

/** Whether it is a moment by the zone that the shape names, and by that alone. */
export function statesNoZone({ from, as, zone }: TimeField, scope: Scope): boolean {
  if (zone === undefined) return false;
  const found = fieldOf(from, scope);
  return readTime(found, as, zone) !== undefined && readTime(found, as, undefined) === undefined;
}

/** Time found at a field without an offset, whole ms since the epoch; undefined if it is no time in the field's form. */
export function momentOf(found: unknown, { as, zone }: Pick<TimeField, 'as' | 'zone'>): number | undefined {
  const baseMs = readTime(found, as, zone);
  return baseMs === undefined ? undefined : Math.floor(baseMs);
}

function plusOf({ path, as }: NonNullable<TimeField['plus']>, scope: Scope): number | undefined {
  const found = firstAt(path, scope);
  return found === undefined || found === null ? 0 : inUnit(found, as);
}

/** undefined where it is no time of this format. */
function readTime(found: unknown, as: TimeFormat, zone: string | undefined): number | undefined {
  switch (as.kind) {
    case 'unit':
      return inUnit(found, as.unit) ?? (as.unit === 'auto' ? isoText(found, zone) : undefined);
    case 'own':
      return typeof found === 'string' ? parseRfc3339(found) : wholeMs(found);
    case 'rfc3339':
      return typeof found === 'string' ? parseRfc3339(found) : undefined;
    case 'iso':
      return isoText(found, zone) ?? wholeMs(found);
    case 'pattern':
      return readPatternTime(found, as.pattern, zone);
  }
}

function isoText(found: unknown, zone: string | undefined): number | undefined {
  return typeof found === 'string' ? readIso(found, zone) : undefined;
}

function wholeMs(found: unknown): number | undefined {
  return typeof found === 'number' && Number.isInteger(found) ? found : undefined;
}

/** A text of digits may be longer than a number is exact: what is below a ms is cut off it as a text. */
const DIGITS = /^(-?\d{1,16})(\d{0,9})$/;
const DECIMAL = /^-?\d{1,16}\.\d{1,18}$/;

function inUnit(found: unknown, unit: TimeUnit | 'auto'): number | undefined {
  if (typeof found === 'string') {
    const text = found.trim();
    if (DECIMAL.test(text)) return inUnit(Number(text), unit);
    if (text.length > 25 || !DIGITS.test(text)) return undefined;
    return exactly(BigInt(text), unit);
  }
  if (typeof found === 'bigint') return exactly(found, unit);
  if (typeof found === 'object') return inUnitOfHalves(found, unit);
  if (typeof found !== 'number' || !Number.isFinite(found)) return undefined;
  if (unit === 'auto') return inUnit(found, guessUnit(Math.abs(found)));
  // To the nearest µs first: a fraction of seconds, or a count of ns, is not exact to the last digit as a double.
  if (unit === 's') return Math.floor(Math.round(found * 1e6) / 1e3);
  if (unit === 'ms') return Math.floor(found);
  if (unit === 'us') return Math.floor(Math.round(found) / 1e3);
  return Math.floor(Math.round(found / 1e3) / 1e3);
}

/** A number of 64 bits as what decodes Protocol Buffers in JavaScript writes it into JSON: `{"low": 1, "high": 412}`. */
function inUnitOfHalves(found: object | null, unit: TimeUnit | 'auto'): number | undefined {
  const [low, high] = [memberOf(found, 'low'), memberOf(found, 'high')];
  if (typeof low !== 'number' || typeof high !== 'number') return undefined;
  if (!Number.isInteger(low) || !Number.isInteger(high)) return undefined;
  return exactly(BigInt(high) * 2n ** 32n + BigInt.asUintN(32, BigInt(low)), unit);
}

function exactly(count: bigint, unit: TimeUnit | 'auto'): number {
  const kind = unit === 'auto' ? guessUnit(Number(count < 0n ? -count : count)) : unit;
  if (kind === 's') return Number(count * 1000n);
  if (kind === 'ms') return Number(count);
  const divisor = kind === 'us' ? 1000n : 1_000_000n;
  return Number(count >= 0n ? count / divisor : -((-count + divisor - 1n) / divisor));
}

/** Seconds until the year 5138, ms from 1973 on, µs and ns likewise. */
function guessUnit(size: number): TimeUnit {
  if (size < 1e11) return 's';
  if (size < 1e14) return 'ms';
  return size < 1e17 ? 'us' : 'ns';
}

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?)?\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;

function readIso(text: string, zone: string | undefined): number | undefined {
  if (text.length > 64) return undefined;
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '00:00', seconds = ':00', own] = match;
  const plain = `${date}T${time}${seconds.replace(',', '.')}`;
  if (own !== undefined) return parseRfc3339(`${plain}${ownOffset(own)}`);
  return zone === undefined ? undefined : readPatternTime(plain, ISO_PLAIN, zone);
}

function ownOffset(own: string): string {
  if (/^(?:z|utc|gmt)$/i.test(own)) return 'Z';
  const digits = own.slice(1).replace(':', '');
  return `${own.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2) || '00'}`;
}

/** What `readIso` hands on: a local date and time. */
const ISO_PLAIN = {
  text: "yyyy-MM-dd'T'HH:mm:ss.S",
  matcher: /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/,
  fields: ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction'],
} as const;

/** A file states no arrival: who reads it may. */
function hintOf({ from }: TimeField, { record }: Scope): string {
  const asked = from.some((one) => one.kind === 'path' && one.path.from === '@arrival');
  return asked && record.arrivalMs === undefined ? '; a file has no arrival, --at TIME gives one' : '';
}

function placesOf({ from }: TimeField): string {
  return from.map((one) => (one.kind === 'path' ? one.path.text : 'a template')).join(', ') || 'no path';
}

function problemOf(found: unknown, { as, zone }: TimeField): string {
  const what = `found ${describeFound(found)}`;
  if (
    (as.kind === 'iso' || (as.kind === 'unit' && as.unit === 'auto')) &&
    zone === undefined &&
    typeof found === 'string' &&
    readIso(found, 'UTC') !== undefined
  ) {
    return `${what}, which states no zone, expected one, or "zone" in the shape`;
  }
  return `${what}, expected ${expected(as)}`;
}

function expected(as: TimeFormat): string {
  if (as.kind === 'unit')
    return as.unit === 'auto'
      ? 'a number since the epoch, or a date and time of ISO 8601'
      : `a number of ${as.unit} since the epoch`;
  if (as.kind === 'pattern') return as.pattern.text;
  if (as.kind === 'own')
    return 'ms since the epoch, or a date-time of RFC 3339; other forms are said by "as"';
  return as.kind === 'iso' ? 'a date and time of ISO 8601' : 'a date-time of RFC 3339';
}
