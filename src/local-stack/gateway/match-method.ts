// Finds the method for a request: literal parts before `{names}`, those before `{name+}`, a method's own name before ANY.
import type { RestMethod } from './rest-api.ts';

export interface MethodMatch {
  readonly method: RestMethod;
  /** As they were sent: the service decodes none of them. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

export function matchMethod(
  methods: readonly RestMethod[],
  request: { readonly httpMethod: string; readonly path: string },
): MethodMatch | undefined {
  const parts = partsOf(request.path);
  const matches = methods.flatMap((method) => {
    const pathParameters = matchPath(partsOf(method.path), parts);
    return pathParameters === undefined ? [] : [{ method, pathParameters }];
  });
  // A method that a literal path has not may be one of a greedy path beside it.
  return matches
    .filter(({ method }) => method.httpMethod === request.httpMethod || method.httpMethod === 'ANY')
    .sort((a, b) => compareText(rankOf(a), rankOf(b)))[0];
}

/** A slash at the end makes no part, nor do those at the beginning; two within do. */
function partsOf(path: string): readonly string[] {
  const inner = path.replace(/^\/+|\/+$/g, '');
  return inner === '' ? [] : inner.split('/');
}

function matchPath(
  pattern: readonly string[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const parameters: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(expected) ?? [];
    const part = parts[i];
    if (part === undefined) return undefined;
    if (name === undefined) {
      if (decodeSegment(part) !== expected) return undefined;
    } else if (greedy === '+') {
      return { ...parameters, [name]: parts.slice(i).join('/') };
    } else {
      parameters[name] = part;
    }
  }
  return pattern.length === parts.length ? parameters : undefined;
}

/** Sorts literal parts first, then names, then the rest; a named method before ANY, where both paths fit alike. */
function rankOf({ method }: MethodMatch): string {
  const kinds = partsOf(method.path).map((part) =>
    part.endsWith('+}') ? '2' : part.startsWith('{') ? '1' : '0',
  );
  return `${kinds.join('')}${method.httpMethod === 'ANY' ? '.any' : ''}`;
}

const compareText = (a: string, b: string) => (a < b ? -1 : Number(a > b));

export function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // No percent-encoding: it stands for itself.
  }
}
