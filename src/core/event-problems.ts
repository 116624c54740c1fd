// The text for a field that was refused: where, what was found, what was expected. Slow, but only needed for invalid events.
import type { EpochMs } from './brands.ts';
import { describeFound, quote } from './describe-found.ts';
import { EVENT_LIMITS } from './event-limits.ts';
import { isName, isObject, isTag } from './event-rules.ts';
import type { SortedValues } from './sort-values.ts';

export function eventProblem(candidate: unknown): string {
  return `event: found ${describeFound(candidate)}, expected an object`;
}

export function sourceProblem(source: unknown, statedSource: unknown): string {
  const found = `source: found ${describeFound(source)}`;
  if (statedSource === undefined || source === statedSource) return `${found}, ${EXPECTED_SOURCE}`;
  return `${found}, expected none or its envelope's, ${describeFound(statedSource)}`;
}

export function idProblem(id: unknown): string {
  const expected = `id: found ${describeFound(id)}, ${expectedText('idLength')} or an integer`;
  const unsafe = typeof id === 'number' && Number.isInteger(id);
  return unsafe ? `${expected} up to ±${Number.MAX_SAFE_INTEGER}: send it as text` : expected;
}

export function typeProblem(type: unknown): string {
  return `type: found ${describeFound(type)}, ${expectedText('typeLength')}`;
}

export function timeProblem(time: unknown): string {
  return `time: found ${describeFound(time)}, ${EXPECTED_TIME}`;
}

export function valuesProblem(values: unknown): string {
  if (!isObject(values)) return `values: found ${describeFound(values)}, expected an object of numbers`;
  const names = Object.keys(values);
  if (names.length > EVENT_LIMITS.values) return tooMany('values', names.length);
  const badName = names.find((name) => !isName(name, EVENT_LIMITS.valueNameLength, true));
  return `values: found the name ${quote(badName ?? '')}, ${expectedText('valueNameLength')}`;
}

/** The text for values that are set aside while their event counts. */
export function setAsideDetail(values: SortedValues['setAside']): string {
  return values
    .map(([name, found]) => `values[${quote(name)}]: found ${describeFound(found)}, ${EXPECTED_VALUE}`)
    .join('; ');
}

export function tagsProblem(tags: unknown): string {
  if (!isObject(tags)) return `tags: found ${describeFound(tags)}, expected an object of texts`;
  const names = Object.keys(tags);
  if (names.length > EVENT_LIMITS.tags) return tooMany('tags', names.length);
  const badName = names.find((name) => !isName(name, EVENT_LIMITS.tagNameLength, true));
  if (badName !== undefined)
    return `tags: found the name ${quote(badName)}, ${expectedText('tagNameLength')}`;
  const name = names.find((name) => !isTag(tags[name], true)) ?? '';
  return `tags[${quote(name)}]: found ${describeFound(tags[name])}, expected a well-formed text of at most ${EVENT_LIMITS.tagLength} characters`;
}

export function clockSkewProblem(
  timeMs: EpochMs,
  { arrivalMs, maxClockSkewMs }: { readonly arrivalMs: EpochMs; readonly maxClockSkewMs: number },
): string {
  const expected = `expected at most ${maxClockSkewMs} ms after the record's arrival, ${arrivalMs}`;
  return `time: found ${timeMs}, ${timeMs - arrivalMs} ms ahead, ${expected}`;
}

/** The text for a time that is valid in form but cannot be right. */
export function oldTimeProblem(timeMs: EpochMs, arrivalMs: EpochMs): string {
  const asSeconds = timeMs * 1_000;
  const looksLike =
    timeMs > 0 && Math.abs(asSeconds - arrivalMs) < A_FEW_YEARS_MS
      ? `as seconds it would be ${new Date(asSeconds).toISOString()}: expected ms`
      : 'it looks like a clock that was never set';
  return `time: found ${timeMs}, ${new Date(timeMs).toISOString()}, in a record that arrived at ${new Date(arrivalMs).toISOString()}; ${looksLike}. "allowOldTimes": true in the pipeline lets such times through`;
}

/** If the time read as seconds is this near the arrival, that is given as the likely reason. */
const A_FEW_YEARS_MS = 10 * 366 * 86_400_000;

const EXPECTED_SOURCE = `expected a text of 1–${EVENT_LIMITS.sourceLength} characters, none of them a control character`;
const EXPECTED_VALUE = 'expected a finite number, true, false or null';
const EXPECTED_TIME =
  'expected an integer, ms since 1970-01-01T00:00:00Z, or a date-time of RFC 3339 not before it';

function expectedText(limit: keyof typeof EVENT_LIMITS): string {
  return `expected a well-formed text of 1–${EVENT_LIMITS[limit]} characters`;
}

function tooMany(field: 'values' | 'tags', found: number): string {
  return `${field}: found ${found} entries, expected at most ${EVENT_LIMITS[field]}`;
}
