// Values that stand column by column, for a guess: lists side by side (`{"time": […], "rain": […]}`), or rows under the names of
// their columns (`{"columns": ["time", "rain"], "data": [[…], …]}`).
import { isObject } from '../../core/event-rules.ts';
import type { EachDefinition } from '../../core/shape/shape-definition.ts';
import { memberOf } from './find.ts';
import { canBeNamed } from './guess-named-values.ts';

/** How a document may be cut, and what that makes of one like it. */
export interface Columns {
  readonly each: (pathOf: (names: readonly string[]) => string) => EachDefinition;
  readonly partsOf: (document: unknown) => readonly object[];
}

const MAX_DEPTH = 3;

/** The first place where values stand so. */
export function columnsIn(document: unknown, names: readonly string[] = []): Columns | undefined {
  if (!isObject(document) || names.length > MAX_DEPTH) return undefined;
  const found = rowsIn(document, names) ?? listsIn(document, names);
  if (found !== undefined) return found;
  for (const [name, member] of Object.entries(document)) {
    const below = canBeNamed(name) ? columnsIn(member, [...names, name]) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

function rowsIn(container: object, names: readonly string[]): Columns | undefined {
  const members = Object.entries(container).filter(([name]) => canBeNamed(name));
  for (const [columns, titles] of members) {
    if (!isList(titles, 2) || !titles.every((title) => typeof title === 'string' && canBeNamed(title)))
      continue;
    const isTable = (rows: unknown) =>
      Array.isArray(rows) &&
      rows.length > 0 &&
      rows.every((row) => isList(row, 2) && row.length === titles.length);
    const rows = members.find(([, member]) => isTable(member))?.[0];
    if (rows === undefined) continue;
    return {
      each: (pathOf) => ({ rows: pathOf([...names, rows]), columns: pathOf([...names, columns]) }),
      partsOf: (document) => rowsOf(at(document, [...names, rows]), at(document, [...names, columns])),
    };
  }
  return undefined;
}

function rowsOf(rows: unknown, titles: unknown): readonly object[] {
  if (!Array.isArray(rows) || !Array.isArray(titles)) return [];
  return rows.map((row: unknown) =>
    Object.fromEntries(titles.map((title, column) => [String(title), memberOf(row, column)])),
  );
}

function listsIn(container: object, names: readonly string[]): Columns | undefined {
  const lists = Object.values(container).filter((member) => isList(member, 2));
  const [first] = lists;
  if (lists.length < 2 || !lists.every((list) => list.length === first?.length)) return undefined;
  return {
    each: (pathOf) => ({ transpose: pathOf(names) || '.' }),
    partsOf: (document) => sideBySide(at(document, names)),
  };
}

function sideBySide(container: unknown): readonly object[] {
  if (!isObject(container)) return [];
  const lists = Object.entries(container).filter(([, list]) => Array.isArray(list)) as (readonly [
    string,
    unknown[],
  ])[]; // filtered
  const length = lists.reduce((longest, [, list]) => Math.max(longest, list.length), 0);
  return Array.from({ length }, (_, place) =>
    Object.fromEntries(lists.map(([name, list]) => [name, list[place]])),
  );
}

/** For plain values alone. */
function isList(value: unknown, least: number): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length >= least &&
    value.every((one) => typeof one !== 'object' || one === null)
  );
}

function at(document: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((value, name) => memberOf(value, name), document);
}
