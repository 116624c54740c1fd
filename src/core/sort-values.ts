// An event's values as they were sent, sorted into those that count, those that are states, and those that are set aside. For the few
// events that hold anything but finite numbers; the values of the others are taken over as they are.
import { EVENT_LIMITS } from './event-limits.ts';
import { isName, isObject } from './event-rules.ts';

export interface SortedValues {
  /** Finite numbers by name. */
  readonly values: Readonly<Record<string, number>>;
  /** By name; undefined where there are none. */
  readonly states: Readonly<Record<string, string>> | undefined;
  /** What is neither a finite number, nor true or false, nor null, nor a state, by name. */
  readonly setAside: readonly (readonly [name: string, found: unknown])[];
}

/**
 * null is an absent value; true and false are 1 and 0. For a name among `states`, texts, true and false are states.
 * undefined where all of it breaks a rule: its form, number or names.
 */
export function sortValues(
  sent: unknown,
  checked: boolean,
  asked: ReadonlySet<string> | undefined,
): SortedValues | undefined {
  if (!isObject(sent)) return undefined;
  const entries = Object.entries(sent);
  if (entries.length > EVENT_LIMITS.values) return undefined;
  const values: [name: string, value: number][] = [];
  const states: [name: string, state: string][] = [];
  const setAside: [name: string, found: unknown][] = [];
  for (const [name, value] of entries) {
    if (!isName(name, EVENT_LIMITS.valueNameLength, checked)) return undefined;
    if (value === null) continue;
    if (typeof value === 'boolean') {
      values.push([name, value ? 1 : 0]);
      if (asked?.has(name) === true) states.push([name, String(value)]);
    } else if (typeof value === 'number' && Number.isFinite(value)) values.push([name, value]);
    else if (asked?.has(name) === true && isState(value, checked)) states.push([name, value]);
    else setAside.push([name, value]);
  }
  // A name may be `__proto__`: made of entries it is a plain name.
  return {
    values: Object.fromEntries(values),
    states: states.length === 0 ? undefined : Object.fromEntries(states),
    setAside,
  };
}

export function isState(value: unknown, checked: boolean): value is string {
  return typeof value === 'string' && isName(value, EVENT_LIMITS.stateLength, checked);
}
