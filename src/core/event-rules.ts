// The rules of an event, field by field, as predicates. `checked` also asks whether texts are well formed, which only a backslash
// in the JSON they come from can prevent.
import type { EpochMs } from './brands.ts';
import { EVENT_LIMITS, MAX_TIME_MS } from './event-limits.ts';
import { hasLength, isPrintable } from './text-rules.ts';

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isName(text: string, max: number, checked: boolean): boolean {
  return hasLength(text, max) && (!checked || text.isWellFormed());
}

/** `printable`: the text it comes from is known to have no control character and no half of a surrogate pair. */
export function isSource(source: unknown, printable = false): source is string {
  if (typeof source !== 'string') return false;
  if (printable && source.length > 0 && source.length <= EVENT_LIMITS.sourceLength) return true;
  return isPrintable(source, EVENT_LIMITS.sourceLength);
}

export function isType(type: unknown, checked: boolean): type is string {
  return typeof type === 'string' && isName(type, EVENT_LIMITS.typeLength, checked);
}

/** Beyond the safe integers, two ids would be read as one. */
export function isId(id: unknown, checked: boolean): id is string | number {
  return typeof id === 'string' ? isName(id, EVENT_LIMITS.idLength, checked) : Number.isSafeInteger(id);
}

export function isTime(time: unknown): time is EpochMs {
  return typeof time === 'number' && Number.isInteger(time) && time >= 0 && time <= MAX_TIME_MS;
}

export function isValues(values: unknown, checked: boolean): values is Readonly<Record<string, number>> {
  if (!isObject(values)) return false;
  let entries = 0;
  for (const name in values) {
    entries += 1;
    if (!Number.isFinite(values[name])) return false;
    if (!checked && name.length > 0 && name.length <= EVENT_LIMITS.valueNameLength) continue; // the usual name, in line
    if (!isName(name, EVENT_LIMITS.valueNameLength, checked)) return false;
  }
  return entries <= EVENT_LIMITS.values;
}

export function isTags(tags: unknown, checked: boolean): tags is Readonly<Record<string, string>> {
  if (!isObject(tags)) return false;
  let entries = 0;
  for (const name in tags) {
    const tag = tags[name];
    if (++entries > EVENT_LIMITS.tags || typeof tag !== 'string') return false;
    if (
      !checked &&
      name.length > 0 &&
      name.length <= EVENT_LIMITS.tagNameLength &&
      tag.length <= EVENT_LIMITS.tagLength
    ) {
      continue; // the usual tag, in line
    }
    if (!isName(name, EVENT_LIMITS.tagNameLength, checked) || !isTag(tag, checked)) return false;
  }
  return true;
}

/** The only text that may be empty: a tag without a value. */
export function isTag(tag: unknown, checked: boolean): tag is string {
  if (typeof tag !== 'string') return false;
  return tag === '' || isName(tag, EVENT_LIMITS.tagLength, checked);
}
