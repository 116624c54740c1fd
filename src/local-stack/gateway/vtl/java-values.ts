// Values as Java has them in a mapping template, and how they print. Texts, booleans and numbers are JavaScript's own,
// null is undefined; JSON's objects are maps, JSON's lists are arrays. The rest is here.

export type JavaValue =
  | undefined
  | string
  | number
  | bigint
  | boolean
  | Decimal
  | JavaMap
  | JavaList
  | Listing
  | HostObject;

export type JavaMap = Map<string, JavaValue>;
/** A list from JSON: prints as JSON. */
export type JavaList = JavaValue[];

/** A list made in a template, or a map's keys and values: prints as Java's collections do. */
export class Listing {
  readonly items: JavaValue[];

  constructor(items: JavaValue[]) {
    this.items = items;
  }
}

/** A number of JSON with a fraction or an exponent. */
export class Decimal {
  readonly value: number;
  readonly written: string;

  constructor(value: number, written: string) {
    this.value = value;
    this.written = written;
  }
}

export type HostMethod = (...parameters: readonly JavaValue[]) => JavaValue;

/** `$input`, `$util`, and what else has methods of its own. */
export class HostObject {
  readonly methods: ReadonlyMap<string, HostMethod>;
  readonly properties: ReadonlyMap<string, JavaValue>;
  readonly printed: string;

  constructor({
    methods = {},
    properties = {},
    printed = '{}',
  }: {
    readonly methods?: Readonly<Record<string, HostMethod>>;
    readonly properties?: Readonly<Record<string, JavaValue>>;
    readonly printed?: string;
  }) {
    this.methods = new Map(Object.entries(methods));
    this.properties = new Map(Object.entries(properties));
    this.printed = printed;
  }
}

/** What is no value of Java's yet: objects become maps, null is nothing. What is one stays the same object. */
export function toJava(value: unknown): JavaValue {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean' || isJavaObject(value)) return value;
  if (Array.isArray(value)) return value.map(toJava);
  if (typeof value === 'object') return toJavaMap(value);
  throw new TypeError(`found a ${typeof value}, expected what JSON has`);
}

export function toJavaMap(value: object): JavaMap {
  return new Map(Object.entries(value).map(([key, each]) => [key, toJava(each)]));
}

function isJavaObject(value: unknown): value is Decimal | JavaMap | Listing | HostObject {
  return (
    value instanceof Map ||
    value instanceof Decimal ||
    value instanceof Listing ||
    value instanceof HostObject
  );
}

/** As Java's `toString()`: `{a=b, c=d}` of a map, JSON of a list from JSON. */
export function printJava(value: JavaValue): string {
  if (value === undefined) return 'null';
  if (value instanceof Map) {
    return `{${[...value].map(([key, each]) => `${key}=${printJava(each)}`).join(', ')}}`;
  }
  if (Array.isArray(value)) return writeJson(value);
  if (value instanceof Listing) return `[${value.items.map(printJava).join(', ')}]`;
  if (value instanceof HostObject) return value.printed;
  if (value instanceof Decimal) return printDouble(value.value);
  return String(value);
}

export interface JsonForm {
  readonly numbers: 'as-written' | 'as-java-prints';
  readonly slash: '/' | '\\/';
}

const USUAL_FORM: JsonForm = { numbers: 'as-written', slash: '/' };

export function writeJson(value: JavaValue, form: JsonForm = USUAL_FORM): string {
  if (value === undefined) return 'null';
  if (value instanceof Map) {
    const members = [...value].map(([key, each]) => `${writeText(key, form)}:${writeJson(each, form)}`);
    return `{${members.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map((each) => writeJson(each, form)).join(',')}]`;
  if (value instanceof Listing) return writeJson(value.items, form);
  if (value instanceof Decimal)
    return form.numbers === 'as-written' ? value.written : printDouble(value.value);
  if (typeof value === 'string') return writeText(value, form);
  return value instanceof HostObject ? writeText(value.printed, form) : String(value);
}

function writeText(text: string, { slash }: JsonForm): string {
  const written = JSON.stringify(text);
  return slash === '/' ? written : written.replaceAll('/', slash);
}

/** Java's `Double.toString`: a fraction always, an exponent below 1e-3 and from 1e7. */
function printDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
  }
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** Undefined: not a number. */
export function numberOf(value: JavaValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Decimal ? value.value : undefined;
}
