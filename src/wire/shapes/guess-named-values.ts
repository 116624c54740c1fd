// Values that stand beside their names, for a guess: `{"variable": "t", "value": 21.5}`, alone or in a list of a document.
import { isObject } from '../../core/event-rules.ts';
import { memberOf } from './find.ts';

export interface NamedValues {
  /** The members' names within what holds both. */
  readonly label: string;
  readonly value: string;
}

const VALUE_NAMES = /^(?:value|v|val|reading|result|numeric_?value)$/i;
/** Names of names: whatever else is called so is no source. */
const LABEL_NAMES =
  /^(?:variable|metric(?:_?name)?|measurement|measure|property|quantity|parameter|feed_?key|(?:value|sensor|reading)_?type|field|tag_?name)$/i;
const IN_LISTS = /^(?:name|n|id|key|title|tag|channel|type|sensor|code)$/i;

/** `members`: of an object that stands for others like it. */
export function namedValuesIn(
  members: ReadonlyMap<string, readonly unknown[]>,
  place: 'alone' | 'in a list',
): NamedValues | undefined {
  const value = [...members].find(([name, all]) => VALUE_NAMES.test(name) && all.every(isNumeric))?.[0];
  if (value === undefined) return undefined;
  const names = [...members].filter(([, all]) => all.every((one) => isText(one))).map(([name]) => name);
  const label =
    names.find((name) => LABEL_NAMES.test(name)) ??
    (place === 'in a list' ? names.find((name) => IN_LISTS.test(name)) : undefined);
  return label === undefined ? undefined : { label, value };
}

export interface NamedValueList extends NamedValues {
  /** The names to the list, from the document on. */
  readonly list: readonly string[];
}

const MAX_DEPTH = 3;

/** The first list of values and their names in the document. */
export function namedValueListIn(
  document: unknown,
  list: readonly string[] = [],
): NamedValueList | undefined {
  if (!isObject(document) || list.length >= MAX_DEPTH) return undefined;
  for (const [name, member] of Object.entries(document)) {
    if (!canBeNamed(name)) continue;
    const found = Array.isArray(member) ? namedValuesOf(member) : undefined;
    if (found !== undefined) return { ...found, list: [...list, name] };
    const below = namedValueListIn(member, [...list, name]);
    if (below !== undefined) return below;
  }
  return undefined;
}

function namedValuesOf(elements: readonly unknown[]): NamedValues | undefined {
  const [first] = elements;
  if (!isObject(first) || !elements.every(isObject)) return undefined;
  const members = Object.keys(first)
    .filter(canBeNamed)
    .map((name) => [name, elements.map((element) => memberOf(element, name))] as const);
  return namedValuesIn(new Map(members), 'in a list');
}

/** Names with braces would be templates; nobody looks for a measure under those of a page's length. */
export function canBeNamed(name: string): boolean {
  return /^[^{}"\\*\p{Cc}]{1,60}$/u.test(name);
}

export function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,15}(?:\.\d+)?$/.test(value));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 64 && !isNumeric(value);
}
