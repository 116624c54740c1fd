import type { DefinitionReader } from '../pipeline/definition-reader.ts';
import { globOf } from './glob.ts';
import { readPath } from './read-field.ts';
import type { AnyOf, Condition } from './shape.ts';
import type { ShapePath } from './shape-path.ts';

const MAX_CONDITIONS = 16;

/** The condition at `key`, or several of which one must be met. */
export function readConditions(reader: DefinitionReader, key: 'when' | 'ignore'): AnyOf {
  const value = reader.raw(key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [readCondition(reader.entryOf(key, value))];
  return reader.list(key, { least: 1, most: MAX_CONDITIONS }).map(readCondition);
}

function readCondition(entry: DefinitionReader): Condition {
  entry.onlyKeys(['has', 'lacks', 'equals', 'partitionKey', 'route']);
  if (entry.keys().length === 0)
    entry.problem('', 'found {}, expected has, lacks, equals, partitionKey or route');
  const key = entry.text('partitionKey');
  return {
    has: readPaths(entry, 'has'),
    lacks: readPaths(entry, 'lacks'),
    equals: readEquals(entry),
    partitionKey: key === undefined ? undefined : globOf([key]),
    route: readRoute(entry),
  };
}

/** It is a piece of the API's path. */
function readRoute(entry: DefinitionReader): string | undefined {
  const route = entry.text('route');
  if (route === undefined || ROUTE.test(route)) return route;
  entry.problem('route', `found ${JSON.stringify(route)}, expected small letters, digits and hyphens`);
  return undefined;
}

export const ROUTE = /^[a-z0-9][a-z0-9-]{0,63}$/;

function readPaths(entry: DefinitionReader, key: string): readonly ShapePath[] {
  return (entry.texts(key, { most: 256 }) ?? []).flatMap((text, at) =>
    readPath(entry, `${key}[${at}]`, text),
  );
}

function readEquals(entry: DefinitionReader): Condition['equals'] {
  const child = entry.child('equals');
  if (child === undefined) return [];
  return child.keys().flatMap((text) => {
    const value = child.raw(text);
    const anyOf: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (anyOf.length > 64 || anyOf.some((one) => typeof one === 'object' && one !== null)) {
      child.problem(
        text,
        `found ${JSON.stringify(value)}, expected a text, number, true, false, null or a list of them`,
      );
    }
    return readPath(child, text, text).map((path) => ({ path, anyOf: new Set(anyOf) }));
  });
}
