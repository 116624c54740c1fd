// Request validation: a body against the model of its content type (JSON schema, draft 4).
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv-draft-04';
import type { OpenQuestions } from './open-questions.ts';

/** Undefined: it is as the model says. Else what API Gateway would say, and with it where and what was found. */
export type ValidateBody = (model: object, body: string) => string | undefined;

export interface ModelsToValidate {
  /** By name: what `$ref` to a model's URL means. */
  readonly models: ReadonlyMap<string, object>;
  readonly answers: OpenQuestions;
}

/** What the service takes into a model and does not look at. */
const IGNORED = ['default', 'readOnly', 'exclusiveMinimum'];
const LIST_LENGTHS = ['minItems', 'maxItems'];

export function createValidateBody(api: ModelsToValidate): ValidateBody {
  const compile = createCompile(api);
  const compiled = new Map<object, ValidateFunction>();
  return (model, body) => {
    let value: unknown;
    try {
      value = JSON.parse(body === '' ? '{}' : body);
    } catch (error) {
      return `Could not parse request body into json: ${error instanceof Error ? error.message : String(error)}`;
    }
    const validate = compiled.get(model) ?? compile(model);
    compiled.set(model, validate);
    return validate(value) ? undefined : `[${(validate.errors ?? []).map(describe).join(', ')}]`;
  };
}

/** @throws when a model is no schema of draft 4, or refers to what is not there */
export function createCompile({ models, answers }: ModelsToValidate): (model: object) => ValidateFunction {
  const ajv = new Ajv.default({ strict: false, verbose: true });
  const ignored = answers.validatesListLengths ? IGNORED : [...IGNORED, ...LIST_LENGTHS];
  for (const [name, schema] of models) ajv.addSchema(localSchema(schema, ignored), modelUri(name));
  return (model) => ajv.compile(localSchema(model, ignored));
}

const modelUri = (name: string) => `model:${encodeURIComponent(name)}`;

/** Names of properties are no keywords, whatever they are. */
const MAPS = ['properties', 'patternProperties', 'definitions', 'dependencies'];

function localSchema(schema: object, ignored: readonly string[]): object {
  const entries = Object.entries(schema)
    .filter(([keyword]) => !ignored.includes(keyword))
    .map(([keyword, value]) => [keyword, localKeyword(keyword, value, ignored)]);
  return Object.fromEntries(entries);
}

function localKeyword(keyword: string, value: unknown, ignored: readonly string[]): unknown {
  if (keyword === '$ref' && typeof value === 'string') {
    const [, name] =
      /^https:\/\/apigateway\.amazonaws\.com\/restapis\/[^/]+\/models\/([^/]+)$/.exec(value) ?? [];
    return name === undefined ? value : modelUri(name);
  }
  if (keyword === 'enum' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => localKeyword('', each, ignored));
  if (!MAPS.includes(keyword)) return localSchema(value, ignored);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, localKeyword('', each, ignored)]),
  );
}

/** The words of the service's validator for what is most common; its own words for the rest. */
function describe({ instancePath, keyword, message, params, schema }: ErrorObject): string {
  const where = instancePath === '' ? '' : ` at ${instancePath}`;
  switch (keyword) {
    case 'required':
      return `object has missing required properties (${JSON.stringify([params['missingProperty']])})${where}`;
    case 'type':
      return `instance type does not match any allowed primitive type (allowed: ${JSON.stringify([schema].flat())})${where}`;
    case 'enum':
      return `instance value not found in enum (possible values: ${JSON.stringify(params['allowedValues'])})${where}`;
    default:
      return `${message ?? 'refused'}${where}`;
  }
}
