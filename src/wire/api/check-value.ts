// Checks a value that came from outside against its schema: every problem, with where it is, what was found and what
// was expected.
import { describeFound } from '../../core/describe-found.ts';
import type { JsonSchema, Schema } from './schema.ts';

export interface ValueProblem {
  /** A path: `query.limit`, `subscribe[2].source`. */
  readonly where: string;
  readonly found: string;
  readonly expected: string;
}

export type Checked<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly ValueProblem[] };

/** `newer`: names that are not known are passed over, as of a sender that knows more. */
export function checkValue<T>(
  schema: Schema<T>,
  value: unknown,
  where: string,
  { newer = false } = {},
): Checked<T> {
  const problems = problemsOf(schema.json, value, where, newer);
  // The schema's type is what its JSON Schema admits: both are made in one place.
  return problems.length === 0
    ? { kind: 'valid', value: value as T }
    : { kind: 'invalid', problems: problems.slice(0, MAX_PROBLEMS) };
}

/** Enough to mend a request by; not so many that the answer outgrows it. */
const MAX_PROBLEMS = 10;

function problemsOf(schema: JsonSchema, value: unknown, where: string, newer: boolean): ValueProblem[] {
  const { anyOf } = schema;
  if (anyOf !== undefined) return problemsOfNearest(anyOf, value, where, newer);
  const problem = (found: string, expected = describeExpected(schema)) => [{ where, found, expected }];
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (!types.some((type) => IS_OF_TYPE[type](value))) return problem(describeFound(value));
  if (schema.const !== undefined && value !== schema.const) return problem(describeFound(value));
  if (typeof value === 'string') return isText(schema, value) ? [] : problem(describeFound(value));
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    return value >= minimum && value <= maximum ? [] : problem(describeFound(value));
  }
  if (Array.isArray(value)) {
    const { minItems = 0, maxItems = Infinity, items = {} } = schema;
    if (value.length < minItems || value.length > maxItems) return problem(`a list of ${value.length}`);
    return value.flatMap((item, at) => problemsOf(items, item, `${where}[${at}]`, newer));
  }
  return typeof value === 'object' && value !== null ? problemsOfProperties(schema, value, where, newer) : [];
}

/** Where several forms are allowed, the nearest one, whose constants fit, is taken to be meant, and its problems are reported. */
function problemsOfNearest(
  forms: readonly JsonSchema[],
  value: unknown,
  where: string,
  newer: boolean,
): ValueProblem[] {
  let nearest: ValueProblem[] | undefined;
  for (const form of forms) {
    const problems = problemsOf(form, value, where, newer);
    if (problems.length === 0) return [];
    const isMeant = hasConstantsOf(form, value);
    if (isMeant && problems.length < (nearest?.length ?? Number.POSITIVE_INFINITY)) nearest = problems;
  }
  const expected = forms.map(describeExpected).join(', or ');
  return nearest ?? [{ where, found: describeFound(value), expected }];
}

function hasConstantsOf({ properties = {} }: JsonSchema, value: unknown): boolean {
  const fields = new Map(Object.entries(value instanceof Object ? value : {}));
  const constants = Object.entries(properties).filter(([, property]) => property.const !== undefined);
  return constants.length > 0 && constants.every(([name, property]) => fields.get(name) === property.const);
}

function problemsOfProperties(
  schema: JsonSchema,
  value: object,
  where: string,
  newer: boolean,
): ValueProblem[] {
  const { properties = {}, required = [] } = schema;
  const at = (name: string) => (where === '' ? name : `${where}.${name}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const known = new Map(Object.entries(properties));
  const missing = required
    .filter((name) => !fields.has(name))
    .map((name) => ({
      where: at(name),
      found: 'nothing',
      expected: describeExpected(known.get(name) ?? {}),
    }));
  const wrong = [...fields].flatMap(([name, field]) => {
    const property = known.get(name);
    if (property !== undefined) return problemsOf(property, field, at(name), newer);
    if (newer) return [];
    const expected = `one of ${[...known.keys()].join(', ')}`;
    return [{ where: at(name.slice(0, 100)), found: 'an unknown name', expected }];
  });
  return [...missing, ...wrong];
}

function isText(
  { minLength = 0, maxLength = Infinity, pattern, ...schema }: JsonSchema,
  value: string,
): boolean {
  const length = [...value].length;
  if (length < minLength || length > maxLength) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test(value);
}

const IS_OF_TYPE = {
  string: (value: unknown) => typeof value === 'string',
  integer: (value: unknown) => Number.isInteger(value),
  number: (value: unknown) => Number.isFinite(value),
  boolean: (value: unknown) => typeof value === 'boolean',
  null: (value: unknown) => value === null,
  array: (value: unknown) => Array.isArray(value),
  object: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** In words, for a message. */
export function describeExpected(schema: JsonSchema): string {
  const { anyOf, type, minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  if (anyOf !== undefined) return anyOf.map(describeExpected).join(', or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  switch (type) {
    case 'integer':
      return `a whole number${range(minimum, maximum)}`;
    case 'number':
      return `a number${range(minimum, maximum)}`;
    case 'string':
      return schema.pattern === undefined
        ? `a text${range(minLength, maxLength, ' characters')}`
        : `a text${range(minLength, maxLength, ' characters')} that matches ${schema.pattern}`;
    case 'array':
      return `a list${range(minItems, maxItems, ' entries')}`;
    case 'object':
      return `an object with ${(schema.required ?? []).join(', ')}`;
    case 'boolean':
      return 'true or false';
    default:
      return String(type);
  }
}

function range(least: number | undefined, most: number | undefined, of = ''): string {
  if (least !== undefined && most !== undefined) return ` of ${least} to ${most}${of}`;
  if (least !== undefined) return ` of at least ${least}${of}`;
  return most === undefined ? '' : ` of at most ${most}${of}`;
}
