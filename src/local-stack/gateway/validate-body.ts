// Request validation: a body against the model of its content type (JSON schema, draft 4).
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv-draft-04';
import { describeFound } from '../../core/describe-found.ts';

/** Undefined: it is as the model says. Else what API Gateway would say, and with it where and what was found. */
export type ValidateBody = (model: object, body: string) => string | undefined;

export function createValidateBody(): ValidateBody {
  const ajv = new Ajv.default({ strict: false, verbose: true });
  const compiled = new Map<object, ValidateFunction>();
  return (model, body) => {
    let value: unknown;
    try {
      value = JSON.parse(body === '' ? '{}' : body);
    } catch (error) {
      return `Could not parse request body into json: ${error instanceof Error ? error.message : String(error)}`;
    }
    let validate = compiled.get(model);
    if (validate === undefined) {
      validate = ajv.compile(model);
      compiled.set(model, validate);
    }
    return validate(value) ? undefined : `[${(validate.errors ?? []).map(describe).join(', ')}]`;
  };
}

function describe({ instancePath, message, data, params }: ErrorObject): string {
  const where = instancePath === '' ? 'body' : `body${instancePath}`;
  const allowed = Array.isArray(params['allowedValues']) ? ` ${JSON.stringify(params['allowedValues'])}` : '';
  return `${where}: found ${describeFound(data)}, ${message ?? 'refused'}${allowed}`;
}
