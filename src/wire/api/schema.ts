// What a value must look like, said once: the JSON Schema of it (2020-12, the part of it that stands here) and its type
// go together, so that what is checked, what is documented and what is typed cannot part.

/** The JSON Schema keywords used here; a schema with a title is a component of its own in the document. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly anyOf?: readonly JsonSchema[];
}

type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** `type` is never there: it carries the type to whoever asks for it. */
export interface Schema<out T> {
  readonly json: JsonSchema;
  readonly type?: T;
}

export type TypeOf<S> = S extends Schema<infer T> ? T : never;

type Properties = Readonly<Record<string, Schema<unknown>>>;
type TypesOf<P extends Properties> = { readonly [K in keyof P]: TypeOf<P[K]> };

export function text(limits: Pick<JsonSchema, 'minLength' | 'maxLength' | 'pattern'> = {}): Schema<string> {
  return { json: { type: 'string', ...limits } };
}

/**
 * Within ±(2^53 − 1) unless the limits are narrower: beyond, a number that was read is not sure to be the one that was
 * written, and the document says so to whoever checks by it.
 */
export function integer(limits: Pick<JsonSchema, 'minimum' | 'maximum'> = {}): Schema<number> {
  const exact = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  return { json: { type: 'integer', ...exact, ...limits } };
}

export function number(limits: Pick<JsonSchema, 'minimum' | 'maximum'> = {}): Schema<number> {
  return { json: { type: 'number', ...limits } };
}

export function flag(): Schema<boolean> {
  return { json: { type: 'boolean' } };
}

export function constant<const V extends string>(value: V): Schema<V> {
  return { json: { type: 'string', const: value } };
}

export function choice<const V extends string>(...values: readonly V[]): Schema<V> {
  return { json: { type: 'string', enum: values } };
}

export function nullable<T>({ json }: Schema<T>): Schema<T | null> {
  return { json: { anyOf: [json, { type: 'null' }] } };
}

export function list<T>(
  { json }: Schema<T>,
  limits: Pick<JsonSchema, 'minItems' | 'maxItems'> = {},
): Schema<readonly T[]> {
  return { json: { type: 'array', items: json, ...limits } };
}

/** Properties beside these are refused in what comes in, and promised not to be in what goes out. */
export function object<P extends Properties, O extends Properties = Record<never, never>>(
  required: P,
  optional?: O,
): Schema<TypesOf<P> & Partial<TypesOf<O>>> {
  const all = Object.entries({ ...required, ...optional });
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries(all.map(([name, { json }]) => [name, json])),
      required: Object.keys(required),
      additionalProperties: false,
    },
  };
}

export function union<S extends readonly Schema<unknown>[]>(...schemas: S): Schema<TypeOf<S[number]>> {
  return { json: { anyOf: schemas.map(({ json }) => json) } };
}

/** Under a name of its own in the document. */
export function named<T>(title: string, { json }: Schema<T>): Schema<T> {
  return { json: { ...json, title } };
}

export function described<T>(description: string, { json }: Schema<T>): Schema<T> {
  return { json: { ...json, description } };
}
