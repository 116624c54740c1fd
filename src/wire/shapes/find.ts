// Follows a path from a part of a document. Own members only: what a payload names must be in the payload.
import type { PathStep, ShapePath } from '../../core/shape/shape-path.ts';
import type { Scope } from './scope.ts';

/** Places looked at for one path with `*`: what lies beyond is not found. */
const MAX_PLACES = 1_000;

/** What stands at the path, the first of several; undefined where nothing does. */
export function firstAt(path: ShapePath, scope: Scope): unknown {
  const start = startOf(path, scope);
  const found = path.steps.length === 0 ? start : walk(start, path.steps, 0, { left: MAX_PLACES });
  return path.segment === undefined ? found : segmentOf(found, path.segment);
}

/** The member of an object or the element of a list, if it is its own. */
export function memberOf(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[name]; // any object can be asked for a member of its own
}

/** The members of an object or the elements of a list, in order, with their keys or indexes. */
export function* membersOf(value: unknown): Generator<readonly [string | number, unknown]> {
  if (Array.isArray(value)) yield* value.entries();
  else if (typeof value === 'object' && value !== null) yield* Object.entries(value);
}

function startOf({ from, keyOf = 0 }: ShapePath, scope: Scope): unknown {
  if (from === 0) return scope.value;
  if (from === 'document') return scope.document;
  if (from === '@key') return scopeAround(scope, keyOf)?.key;
  if (from === '@partitionKey') return scope.record.partitionKey;
  if (from === '@arrival') return scope.record.arrivalMs;
  return scopeAround(scope, from)?.value;
}

function scopeAround(scope: Scope, up: number): Scope | undefined {
  let at: Scope | undefined = scope;
  for (let times = 0; times < up; times += 1) at = at?.up;
  return at;
}

function walk(start: unknown, steps: readonly PathStep[], begin: number, budget: { left: number }): unknown {
  let value = start;
  for (let at = begin; at < steps.length; at += 1) {
    const step = steps[at];
    if (step === undefined || value === undefined) return undefined;
    if (step.kind === 'every') return firstOfEvery(value, steps, at + 1, budget);
    value = memberOf(value, step.kind === 'name' ? step.name : step.index);
  }
  return value;
}

function firstOfEvery(
  value: unknown,
  steps: readonly PathStep[],
  next: number,
  budget: { left: number },
): unknown {
  for (const [, member] of membersOf(value)) {
    if (budget.left <= 0) return undefined;
    budget.left -= 1;
    const found = walk(member, steps, next, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

function segmentOf(found: unknown, segment: number): unknown {
  return typeof found === 'string' ? found.split('/').at(segment) : undefined;
}
