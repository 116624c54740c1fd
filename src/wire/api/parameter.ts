// A parameter of a request: how its text is read, checked and documented.
import { parseRfc3339 } from '../../core/rfc3339.ts';
import type { JsonSchema, Schema } from './schema.ts';
import { integer, list, number, text } from './schema.ts';

export interface Parameter<out T> {
  readonly in: 'path' | 'query';
  readonly description: string;
  /** What is read is checked against it. */
  readonly schema: Schema<T>;
  /** What stands in the document, where its text looks different from what is read. */
  readonly json: JsonSchema;
  /** The value of a query parameter that is not given. */
  readonly otherwise: T | undefined;
  /** Several values in one text, separated by commas. */
  readonly isList: boolean;
  /** To what the schema is to admit; a text that is nothing of the kind stays one, and fails there. */
  read(written: string): unknown;
}

export type ParameterType<P> = P extends Parameter<infer T> ? T : never;

const base = { otherwise: undefined, isList: false, read: (written: string): unknown => written };

export function pathText(description: string, limits: Parameters<typeof text>[0]): Parameter<string> {
  const schema = text({ minLength: 1, ...limits });
  return { ...base, in: 'path', description, schema, json: schema.json };
}

export function queryText(
  description: string,
  limits: Parameters<typeof text>[0],
): Parameter<string | undefined> {
  const schema = text({ minLength: 1, ...limits });
  return { ...base, in: 'query', description, schema, json: schema.json };
}

export function queryChoice<const V extends string>(
  description: string,
  schema: Schema<V>,
  otherwise: NoInfer<V>,
): Parameter<V> {
  return {
    ...base,
    in: 'query',
    description,
    schema,
    json: { ...schema.json, default: otherwise },
    otherwise,
  };
}

export function queryInteger(
  description: string,
  limits: { readonly minimum: number; readonly maximum: number; readonly default: number },
): Parameter<number> {
  const { default: otherwise, ...bounds } = limits;
  const schema = integer(bounds);
  const json = { ...schema.json, default: otherwise };
  return { ...base, in: 'query', description, schema, json, otherwise, read: readNumber };
}

/** Read to ms since the Unix epoch. */
export function queryTime(description: string): Parameter<number | undefined> {
  const schema = integer({ minimum: 0, maximum: LAST_MS });
  return {
    ...base,
    in: 'query',
    description: `${description} ms since the Unix epoch, or RFC 3339`,
    schema,
    json: { anyOf: [schema.json, { type: 'string', description: 'RFC 3339 date-time' }] },
    read: (written) => parseRfc3339(written) ?? readNumber(written),
  };
}

export function queryNumbers(
  description: string,
  limits: { readonly minimum: number; readonly maximum: number; readonly maxItems: number },
): Parameter<readonly number[] | undefined> {
  const { maxItems, ...bounds } = limits;
  const schema = list(number(bounds), { minItems: 1, maxItems });
  const read = (written: string) => written.split(',').map(readNumber);
  return { ...base, in: 'query', description, schema, json: schema.json, isList: true, read };
}

/** The last moment a Date has. */
const LAST_MS = 8.64e15;

function readNumber(written: string): unknown {
  return /^-?\d{1,20}(\.\d{1,20})?$/.test(written) ? Number(written) : written;
}
