// What Java's texts, lists and maps can do in a mapping template, as API Gateway runs it. Methods that only JavaScript
// has are refused, so that no template passes here and fails there.

interface Call {
  readonly property: string;
  readonly params: readonly unknown[];
  readonly context: unknown;
}

/** For velocityjs: takes every method call on a text, list or map. */
export const javaMethods = {
  uid: 'java',
  match: ({ context, property }: Call): boolean =>
    typeof context === 'string' || Array.isArray(context) || isPlain(context, property),
  resolve: ({ context, property, params }: Call): unknown => {
    if (typeof context === 'string') return call(TEXT, 'String', property)(context, ...params);
    if (Array.isArray(context)) return call(LIST, 'List', property)(context, ...params);
    return call(MAP, 'Map', property)(context as Record<string, unknown>, ...params); // what isPlain has found
  },
};

/** Variables such as $input and $util have functions of their own. */
function isPlain(value: unknown, property: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Object.hasOwn(value, property) && typeof Reflect.get(value, property) === 'function')
  );
}

type Method<T> = (value: T, ...params: readonly unknown[]) => unknown;

function call<T>(methods: Readonly<Record<string, Method<T>>>, type: string, name: string): Method<T> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw new Error(`mapping template: ${type}.${name} is not known locally`);
  return method;
}

const TEXT: Readonly<Record<string, Method<string>>> = {
  length: (text) => text.length,
  isEmpty: (text) => text === '',
  concat: (text, other) => text + String(other),
  startsWith: (text, other) => text.startsWith(String(other)),
  endsWith: (text, other) => text.endsWith(String(other)),
  contains: (text, other) => text.includes(String(other)),
  equals: (text, other) => text === other,
  indexOf: (text, other) => text.indexOf(String(other)),
  substring: (text, from, to) => text.substring(Number(from), to === undefined ? undefined : Number(to)),
  trim: (text) => text.trim(),
  toLowerCase: (text) => text.toLowerCase(),
  toUpperCase: (text) => text.toUpperCase(),
  toString: (text: string) => text,
  replace: (text, from, to) => text.replaceAll(String(from), () => String(to)),
  replaceAll: (text, pattern, to) => text.replace(new RegExp(String(pattern), 'g'), String(to)),
  matches: (text, pattern) => new RegExp(`^(?:${String(pattern)})$`).test(text),
  split: (text, pattern) => text.split(new RegExp(String(pattern))),
};

const LIST: Readonly<Record<string, Method<readonly unknown[]>>> = {
  size: (list) => list.length,
  isEmpty: (list) => list.length === 0,
  get: (list, index) => list[Number(index)],
  contains: (list, value) => list.includes(value),
};

const MAP: Readonly<Record<string, Method<Readonly<Record<string, unknown>>>>> = {
  size: (map) => Object.keys(map).length,
  isEmpty: (map) => Object.keys(map).length === 0,
  get: (map, key) => (Object.hasOwn(map, String(key)) ? map[String(key)] : undefined),
  containsKey: (map, key) => Object.hasOwn(map, String(key)),
  keySet: (map) => Object.keys(map),
};
