// An event's values as they were sent, sorted into those that count and those that are set aside. For the few events that
// hold anything but finite numbers; the values of the others are taken over as they are.
import { EVENT_LIMITS } from './event-limits.ts';
import { isName, isObject } from './event-rules.ts';

export interface SortedValues {
  /** Finite numbers by name. */
  readonly values: Readonly<Record<string, number>>;
  /** What is neither a finite number, nor true or false, nor null, by name. */
  readonly setAside: readonly (readonly [name: string, found: unknown])[];
}

/** null is an absent value; true and false are 1 and 0. undefined where all of it breaks a rule: its form, number or names. */
export function sortValues(sent: unknown, checked: boolean): SortedValues | undefined {
  if (!isObject(sent)) return undefined;
  const entries = Object.entries(sent);
  if (entries.length > EVENT_LIMITS.values) return undefined;
  const values: [name: string, value: number][] = [];
  const setAside: [name: string, found: unknown][] = [];
  for (const [name, value] of entries) {
    if (!isName(name, EVENT_LIMITS.valueNameLength, checked)) return undefined;
    if (value === null) continue;
    if (typeof value === 'boolean') values.push([name, value ? 1 : 0]);
    else if (typeof value === 'number' && Number.isFinite(value)) values.push([name, value]);
    else setAside.push([name, value]);
  }
  // A name may be `__proto__`: made of entries it is a plain name.
  return { values: Object.fromEntries(values), setAside };
}
