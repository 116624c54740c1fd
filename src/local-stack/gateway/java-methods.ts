// What Java's texts, numbers, lists, sets and maps can do in a mapping template. Methods that only JavaScript has are
// refused, so that no template passes here and fails there.
import { javaMatches, javaRegex, javaReplacement } from './vtl/java-regex.ts';
import {
  HostObject,
  type JavaMap,
  type JavaValue,
  Listing,
  numberOf,
  printJava,
  toJava,
} from './vtl/java-values.ts';

/** @throws where the value has no such method, or the method fails */
export function callJavaMethod(value: JavaValue, name: string, parameters: readonly JavaValue[]): JavaValue {
  if (value === undefined) return undefined;
  if (value instanceof HostObject) {
    const method = value.methods.get(name) ?? (name === 'toString' ? () => value.printed : undefined);
    if (method === undefined) throw unknownMethod(value.printed, name);
    return method(...parameters);
  }
  if (typeof value === 'string') return methodOf(TEXT, 'String', name)(value, ...parameters);
  if (value instanceof Map) return methodOf(MAP, 'Map', name)(value, ...parameters);
  if (Array.isArray(value)) return methodOf(LIST, 'List', name)(value, ...parameters);
  if (value instanceof Listing) return callOnListing(value, name, parameters);
  if (typeof value === 'boolean') return methodOf(ANY, 'Boolean', name)(value, ...parameters);
  return methodOf(NUMBER, 'Number', name)(value, ...parameters);
}

/** Whether any kind of value has a method of this name; a template's call of another one cannot be run. */
export function isJavaMethod(name: string): boolean {
  return [TEXT, MAP, LIST, NUMBER, ANY, ENTRY].some((methods) => Object.hasOwn(methods, name));
}

/** Methods whose first parameter is a regular expression. */
export const REGEX_METHODS: readonly string[] = ['matches', 'replaceAll', 'replaceFirst', 'split'];

/** For velocityjs, which takes its values as JavaScript has them: every method call on a text, list or map. */
export const javaMethods = {
  uid: 'java',
  match: ({ context, property }: VelocityCall): boolean =>
    typeof context === 'string' || Array.isArray(context) || isPlain(context, property),
  resolve: ({ context, property, params }: VelocityCall): unknown =>
    callJavaMethod(toJava(context), property, params.map(toJava)),
};

interface VelocityCall {
  readonly property: string;
  readonly params: readonly unknown[];
  readonly context: unknown;
}

/** Variables such as $input and $util have functions of their own. */
function isPlain(value: unknown, property: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Object.hasOwn(value, property) && typeof Reflect.get(value, property) === 'function')
  );
}

type Method<T> = (value: T, ...parameters: readonly JavaValue[]) => JavaValue;
type Methods<T> = Readonly<Record<string, Method<T>>>;

function methodOf<T>(methods: Methods<T>, type: string, name: string): Method<T> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw unknownMethod(type, name);
  return method;
}

function unknownMethod(type: string, name: string): Error {
  return new Error(`mapping template: ${type}.${name} is not known locally`);
}

function callOnListing(listing: Listing, name: string, parameters: readonly JavaValue[]): JavaValue {
  if (name === 'toString') return printJava(listing);
  return methodOf(LIST, 'List', name)(listing.items, ...parameters);
}

const text = (value: JavaValue) => printJava(value);

function wholeNumber(value: JavaValue, method: string): number {
  const number = numberOf(value);
  if (number !== undefined && Number.isInteger(number)) return number;
  throw new Error(`mapping template: ${method}: found ${printJava(value)}, expected a whole number`);
}

function within(value: JavaValue, length: number, method: string): number {
  const index = wholeNumber(value, method);
  if (index >= 0 && index <= length) return index;
  throw new Error(`mapping template: ${method}: found ${index}, expected 0 to ${length}`);
}

const ANY: Methods<Exclude<JavaValue, undefined>> = {
  equals: (value, other) => isEqual(value, other),
  toString: (value: Exclude<JavaValue, undefined>) => printJava(value),
};

const NUMBER: Methods<Exclude<JavaValue, undefined>> = {
  ...ANY,
  intValue: (value) => Math.trunc(numberOf(value) ?? 0),
  longValue: (value) => Math.trunc(numberOf(value) ?? 0),
  doubleValue: (value) => numberOf(value),
};

const TEXT: Methods<string> = {
  ...ANY,
  length: (value) => value.length,
  isEmpty: (value) => value === '',
  concat: (value, other) => value + text(other),
  startsWith: (value, other) => value.startsWith(text(other)),
  endsWith: (value, other) => value.endsWith(text(other)),
  contains: (value, other) => value.includes(text(other)),
  equalsIgnoreCase: (value, other) => value.toLowerCase() === text(other).toLowerCase(),
  indexOf: (value, other) => value.indexOf(text(other)),
  lastIndexOf: (value, other) => value.lastIndexOf(text(other)),
  charAt: (value, at) => value.charAt(within(at, value.length - 1, 'String.charAt')),
  compareTo: (value, other) => (value < text(other) ? -1 : Number(value > text(other))),
  substring: (value, from, to) => {
    const end = to === undefined ? value.length : within(to, value.length, 'String.substring');
    return value.slice(within(from, end, 'String.substring'), end);
  },
  trim: (value) => value.trim(),
  toLowerCase: (value) => value.toLowerCase(),
  toUpperCase: (value) => value.toUpperCase(),
  replace: (value, from, to) => value.replaceAll(text(from), () => text(to)),
  replaceAll: (value, pattern, to) => value.replace(javaRegex(text(pattern), 'g'), javaReplacement(text(to))),
  replaceFirst: (value, pattern, to) => value.replace(javaRegex(text(pattern)), javaReplacement(text(to))),
  matches: (value, pattern) => javaMatches(text(pattern), value),
  split: (value, pattern) => {
    const parts = value.split(javaRegex(text(pattern)));
    // Java leaves out empty parts at the end.
    while (parts.length > 1 && parts.at(-1) === '') parts.pop();
    return new Listing(parts);
  },
};

const LIST: Methods<JavaValue[]> = {
  ...ANY,
  size: (list) => list.length,
  isEmpty: (list) => list.length === 0,
  get: (list, index) => list[within(index, list.length - 1, 'List.get')],
  contains: (list, value) => list.some((each) => isEqual(each, value)),
  indexOf: (list, value) => list.findIndex((each) => isEqual(each, value)),
  add: (list, value) => {
    list.push(value);
    return true;
  },
  addAll: (list, more) => {
    const items = more instanceof Listing ? more.items : Array.isArray(more) ? more : [];
    list.push(...items);
    return items.length > 0;
  },
  set: (list, index, value) => {
    const at = within(index, list.length - 1, 'List.set');
    const before = list[at];
    list[at] = value;
    return before;
  },
  remove: (list, index) => list.splice(within(index, list.length - 1, 'List.remove'), 1)[0],
};

const MAP: Methods<JavaMap> = {
  ...ANY,
  size: (map) => map.size,
  isEmpty: (map) => map.size === 0,
  get: (map, key) => map.get(text(key)),
  getOrDefault: (map, key, other) => (map.has(text(key)) ? map.get(text(key)) : other),
  containsKey: (map, key) => map.has(text(key)),
  containsValue: (map, value) => [...map.values()].some((each) => isEqual(each, value)),
  keySet: (map) => new Listing([...map.keys()]),
  values: (map) => new Listing([...map.values()]),
  entrySet: (map) => new Listing([...map].map(([key, value]) => entryOf(key, value))),
  put: (map, key, value) => {
    const before = map.get(text(key));
    map.set(text(key), value);
    return before;
  },
  putAll: (map, more) => {
    if (more instanceof Map) for (const [key, value] of more) map.set(key, value);
    return undefined;
  },
  remove: (map, key) => {
    const before = map.get(text(key));
    map.delete(text(key));
    return before;
  },
};

const ENTRY = { getKey: true, getValue: true, hasNext: true } as const;

function entryOf(key: string, value: JavaValue): HostObject {
  return new HostObject({
    methods: { getKey: () => key, getValue: () => value },
    properties: { key, value },
    printed: `${key}=${printJava(value)}`,
  });
}

/** Java's `equals`: of one type, and the same within. */
export function isEqual(a: JavaValue, b: JavaValue): boolean {
  if (a === b) return true;
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined || right !== undefined) return left === right;
  if (a instanceof Map) {
    return b instanceof Map && a.size === b.size && [...a].every(([key, each]) => isEqual(each, b.get(key)));
  }
  const [items, others] = [itemsOf(a), itemsOf(b)];
  if (items === undefined || others === undefined || items.length !== others.length) return false;
  return items.every((each, i) => isEqual(each, others[i]));
}

export function itemsOf(value: JavaValue): JavaValue[] | undefined {
  if (value instanceof Listing) return value.items;
  return Array.isArray(value) ? value : undefined;
}
