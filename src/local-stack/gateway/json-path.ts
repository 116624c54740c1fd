// The part of JSONPath that mapping templates use: members, indexes from either end, slices, `[*]` and `..`. Filters and
// functions are refused.
import type { JavaValue } from './vtl/java-values.ts';

/** Undefined: the path leads nowhere, or to null. A path to many gives a list, of those elements it leads somewhere in. */
export function evaluateJsonPath(root: unknown, path: string): unknown {
  const { many, values } = followJsonPath(root, path);
  return many ? values : values[0];
}

export interface Followed {
  /** Whether the path can lead to more than one value. */
  readonly many: boolean;
  /** Empty: it leads nowhere. */
  readonly values: readonly unknown[];
}

export function followJsonPath(root: unknown, path: string): Followed {
  const steps = parseJsonPath(path);
  let values: readonly unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => follow(value, step));
  return { many: steps.some(isMany), values };
}

type JsonPathStep =
  | { readonly kind: 'members'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'all' }
  /** The value and all within it. */
  | { readonly kind: 'descend' };

/** @throws if the path is invalid, or uses what is not supported here */
export function parseJsonPath(path: string): readonly JsonPathStep[] {
  const known = parsedPaths.get(path);
  if (known !== undefined) return known;
  const steps: JsonPathStep[] = [];
  // The service puts `$.` before a path that does not begin so.
  const whole = path.startsWith('$') ? path : `$.${path}`;
  let at = 1;
  while (at < whole.length) {
    PATTERN.lastIndex = at;
    const found = PATTERN.exec(whole);
    if (found === null) {
      throw new Error(
        `JSONPath ${path}: found ${whole.slice(at)}, expected a member, an index, a slice or [*]: filters and functions do not run locally`,
      );
    }
    steps.push(...stepsOf(found));
    at = PATTERN.lastIndex;
  }
  if (parsedPaths.size < MAX_PARSED) parsedPaths.set(path, steps);
  return steps;
}

/** Paths are few, and constants of templates; what a template makes of requests is not kept beyond this. */
const MAX_PARSED = 1_000;
const parsedPaths = new Map<string, readonly JsonPathStep[]>();

const PATTERN =
  /(\.\.)(?=[\w[*])|(?:\.|(?<=\.\.))(?:([\p{L}_][\p{L}\p{N}_$-]*|\d[\w-]*)|(\*))|\[(?:(\*)|('[^']*'(?:\s*,\s*'[^']*')*)|("[^"]*"(?:\s*,\s*"[^"]*")*)|(-?\d+(?:\s*,\s*-?\d+)*)|(-?\d*):(-?\d*))\]/uy;

function stepsOf(found: RegExpExecArray): JsonPathStep[] {
  const [, descend, member, dotStar, star, single, double, indexes, from, to] = found;
  if (descend !== undefined) return [{ kind: 'descend' }];
  if (member !== undefined) return [{ kind: 'members', names: [member] }];
  if (dotStar !== undefined || star !== undefined) return [{ kind: 'all' }];
  const quoted = single ?? double;
  if (quoted !== undefined) {
    const names = [...quoted.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, a, b]) => a ?? b ?? '');
    return [{ kind: 'members', names }];
  }
  if (indexes !== undefined) return [{ kind: 'indexes', indexes: indexes.split(',').map(Number) }];
  const bound = (text = '') => (text === '' ? undefined : Number(text));
  return [{ kind: 'slice', from: bound(from), to: bound(to) }];
}

function isMany(step: JsonPathStep): boolean {
  if (step.kind === 'members') return step.names.length > 1;
  return step.kind === 'indexes' ? step.indexes.length > 1 : true;
}

function follow(value: unknown, step: JsonPathStep): readonly unknown[] {
  switch (step.kind) {
    case 'members':
      return step.names.flatMap((name) => memberOf(value, name));
    case 'indexes':
      return Array.isArray(value) ? step.indexes.flatMap((index) => elementAt(value, index)) : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case 'all':
      return childrenOf(value);
    case 'descend':
      return withDescendants(value);
  }
}

function memberOf(value: unknown, name: string): readonly unknown[] {
  if (value instanceof Map) return value.has(name) ? [value.get(name)] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const member = Object.getOwnPropertyDescriptor(value, name);
  return member === undefined ? [] : [member.value];
}

function elementAt(list: readonly unknown[], index: number): readonly unknown[] {
  const at = index < 0 ? list.length + index : index;
  return at in list ? [list[at]] : [];
}

function childrenOf(value: unknown): readonly unknown[] {
  if (value instanceof Map) return [...value.values()];
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function withDescendants(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(withDescendants)];
}

/** As templates have it: a list, or a value, or nothing. */
export function javaAtPath(root: JavaValue, path: string): JavaValue {
  const { many, values } = followJsonPath(root, path);
  // What a path finds in a value of Java's is one itself.
  const found = values as readonly JavaValue[];
  return many ? [...found] : found[0];
}
