// The parameters of a request, read and checked by the operation's own definition.
import { quote } from '../../core/describe-found.ts';
import type { Checked, ValueProblem } from './check-value.ts';
import { checkValue } from './check-value.ts';
import type { OperationName, RequestOf } from './operations.ts';
import { OPERATIONS } from './operations.ts';
import type { Parameter } from './parameter.ts';

export interface WrittenRequest {
  /** Percent-encoded, as they stand in the path. */
  readonly path: Readonly<Record<string, string>>;
  /** Decoded; a name given several times has several. */
  readonly query: Readonly<Record<string, readonly string[]>>;
}

export function readRequest<N extends OperationName>(
  name: N,
  { path, query }: WrittenRequest,
): Checked<RequestOf<N>> {
  const parameters = new Map<string, Parameter<unknown>>(Object.entries(OPERATIONS[name].parameters));
  const problems: ValueProblem[] = [];
  const request = new Map<string, unknown>();
  const given = new Map(Object.entries(query));
  const segments = new Map(Object.entries(path));
  for (const [key, parameter] of parameters) {
    const where = `${parameter.in}.${key}`;
    const written = parameter.in === 'path' ? decoded(segments.get(key)) : onlyOne(given.get(key));
    if (typeof written === 'object') problems.push({ where, ...written });
    else if (written === undefined) request.set(key, parameter.otherwise);
    else {
      const checked = checkValue(parameter.schema, parameter.read(written), where);
      if (checked.kind === 'valid') request.set(key, checked.value);
      else problems.push(...checked.problems);
    }
  }
  for (const key of given.keys()) {
    if (parameters.get(key)?.in === 'query') continue;
    const known = [...parameters].filter(([, parameter]) => parameter.in === 'query').map(([one]) => one);
    const expected = known.length === 0 ? 'no query parameters' : `one of ${known.join(', ')}`;
    problems.push({ where: 'query', found: `the unknown parameter ${quote(key)}`, expected });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  // Every parameter was checked against the schema its type comes from.
  return { kind: 'valid', value: Object.fromEntries(request) as RequestOf<N> };
}

type Unreadable = Omit<ValueProblem, 'where'>;

function onlyOne(values: readonly string[] | undefined): string | undefined | Unreadable {
  if (values === undefined || values.length === 1) return values?.[0];
  return { found: `${values.length} of them`, expected: 'one' };
}

function decoded(segment: string | undefined): string | Unreadable {
  if (segment === undefined) return { found: 'nothing', expected: 'a path segment' };
  try {
    const text = decodeURIComponent(segment);
    if (text.isWellFormed()) return text;
  } catch {
    // Said below: it is the request's fault, and nothing is lost of it.
  }
  return { found: quote(segment), expected: 'a percent-encoded text' };
}
