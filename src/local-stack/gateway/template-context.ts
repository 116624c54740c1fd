// `$context` of mapping templates: the request's, with the maps in which a template sets what it overrides.
import { type JavaMap, type JavaValue, numberOf, printJava, toJavaMap } from './vtl/java-values.ts';

/** What templates have set in `$context.responseOverride` and `$context.requestOverride`. */
export interface Overrides {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: {
    readonly header: Readonly<Record<string, string>>;
    readonly querystring: Readonly<Record<string, string>>;
    readonly path: Readonly<Record<string, string>>;
  };
}

/** One for the request's and the response's template: the second finds what the first has set. */
export function templateContext(context: Readonly<Record<string, unknown>>): JavaMap {
  const map = toJavaMap(context);
  if (!map.has('authorizer')) map.set('authorizer', new Map());
  map.set('requestOverride', toJavaMap({ header: {}, querystring: {}, path: {} }));
  map.set('responseOverride', toJavaMap({ header: {} }));
  return map;
}

export function readOverrides(context: JavaMap): Overrides {
  const response = mapAt(context, 'responseOverride');
  const request = mapAt(context, 'requestOverride');
  return {
    status: statusOf(response.get('status')),
    headers: textsOf(mapAt(response, 'header')),
    request: {
      header: textsOf(mapAt(request, 'header')),
      querystring: textsOf(mapAt(request, 'querystring')),
      path: textsOf(mapAt(request, 'path')),
    },
  };
}

function mapAt(map: JavaMap, name: string): JavaMap {
  const found = map.get(name);
  return found instanceof Map ? found : new Map();
}

function textsOf(map: JavaMap): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...map].flatMap(([name, value]) => (value === undefined ? [] : [[name, printJava(value)]])),
  );
}

/** What is no status is passed over. */
function statusOf(value: JavaValue): number | undefined {
  const status = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : numberOf(value);
  return status !== undefined && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
}
