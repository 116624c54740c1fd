// Cuts a document into its parts, each with the way back to what it was cut out of.
import type { EachStep } from '../../core/shape/shape.ts';
import type { PathStep, ShapePath } from '../../core/shape/shape-path.ts';
import { firstAt, memberOf, membersOf } from './find.ts';
import type { Scope } from './scope.ts';

/** Adds the parts to `into`; false when they would be more than `most`. */
export function cutParts(steps: readonly EachStep[], scope: Scope, into: Scope[], most: number): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (into.length >= most) return false;
    into.push(scope);
    return true;
  }
  const cut: Scope[] = [];
  const isWhole = cutBy(step, scope, cut, most);
  return (
    isWhole &&
    (rest.length === 0 ? addAll(cut, into, most) : cut.every((part) => cutParts(rest, part, into, most)))
  );
}

function cutBy(step: EachStep, scope: Scope, into: Scope[], most: number): boolean {
  switch (step.kind) {
    case 'path':
      return follow(step.path.steps, scope, into, most);
    case 'rows':
      return cutRows(step, scope, into, most);
    case 'transpose':
      return transpose(step.lists, scope, into, most);
  }
}

function addAll(cut: readonly Scope[], into: Scope[], most: number): boolean {
  if (into.length + cut.length > most) return false;
  for (const part of cut) into.push(part);
  return true;
}

function follow(steps: readonly PathStep[], scope: Scope, into: Scope[], most: number): boolean {
  const via: (string | number)[] = [];
  let value = scope.value;
  for (const [at, step] of steps.entries()) {
    if (value === undefined) return true;
    if (step.kind === 'every') return followEvery(value, via, steps.slice(at + 1), { scope, into, most });
    const name = step.kind === 'name' ? step.name : step.index;
    via.push(name);
    value = memberOf(value, name);
  }
  if (value === undefined || value === null) return true;
  if (into.length >= most) return false;
  into.push({ ...scope, value, key: undefined, up: scope, via });
  return true;
}

function followEvery(
  container: unknown,
  via: readonly (string | number)[],
  rest: readonly PathStep[],
  { scope, into, most }: { readonly scope: Scope; readonly into: Scope[]; readonly most: number },
): boolean {
  if (typeof container !== 'object' || container === null) return true;
  const keys: readonly (string | number)[] = Array.isArray(container)
    ? [...container.keys()]
    : Object.keys(container);
  for (const key of keys) {
    const part = { ...scope, value: memberOf(container, key), key, up: scope, via };
    if (rest.length > 0) {
      if (!follow(rest, part, into, most)) return false;
    } else if (into.length >= most) return false;
    else into.push(part);
  }
  return true;
}

/** Each row as an object under the columns' names; cells without a column are left out. */
function cutRows(
  { rows, columns }: Extract<EachStep, { readonly kind: 'rows' }>,
  scope: Scope,
  into: Scope[],
  most: number,
): boolean {
  const table = firstAt(rows, scope);
  const names: unknown = 'steps' in columns ? firstAt(columns, scope) : columns;
  if (!Array.isArray(table) || !Array.isArray(names)) return true;
  if (into.length + table.length > most) return false;
  const via = viaOf(rows);
  for (const [key, row] of table.entries()) {
    const value = Object.fromEntries(
      names.slice(0, MAX_COLUMNS).map((name, at) => [String(name), memberOf(row, at)] as const),
    );
    into.push({ ...scope, value, key, up: scope, via });
  }
  return true;
}

/** What stands first in each list, then what stands second; what is no list belongs to none. */
function transpose(path: ShapePath, scope: Scope, into: Scope[], most: number): boolean {
  const container = firstAt(path, scope);
  const lists = [...membersOf(container)].filter(([, list]) => Array.isArray(list)).slice(0, MAX_COLUMNS);
  const length = lists.reduce((longest, [, list]) => Math.max(longest, Number(memberOf(list, 'length'))), 0);
  if (into.length + length > most) return false;
  const via = viaOf(path);
  for (let key = 0; key < length; key += 1) {
    const value = Object.fromEntries(lists.map(([name, list]) => [name, memberOf(list, key)]));
    into.push({ ...scope, value, key, up: scope, via, isTransposed: true });
  }
  return true;
}

function viaOf({ steps }: ShapePath): readonly (string | number)[] {
  return steps.map((step) => (step.kind === 'name' ? step.name : step.kind === 'index' ? step.index : '*'));
}

const MAX_COLUMNS = 1_000;
