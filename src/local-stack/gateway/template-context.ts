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
  const parameters = (names: readonly string[]) =>
    new Map(names.map((name): [string, JavaValue] => [name, new OverrideMap()]));
  map.set('requestOverride', parameters(['header', 'querystring', 'path']));
  map.set('responseOverride', new OverrideMap(['status']).set('header', new OverrideMap()));
  return map;
}

/** Each parameter may be overridden once, or those named: what else a template keeps here it may change. */
class OverrideMap extends Map<string, JavaValue> {
  readonly #once: readonly string[] | undefined;

  constructor(once?: readonly string[]) {
    super();
    this.#once = once;
  }

  override set(name: string, value: JavaValue): this {
    if (this.has(name) && (this.#once?.includes(name) ?? true))
      throw new Error(`mapping template: found ${name} overridden twice, expected once`);
    return super.set(name, value);
  }
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
