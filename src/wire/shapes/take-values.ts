// The values of a part, by the shape's rules; and its tags.
import { EVENT_LIMITS } from '../../core/event-limits.ts';
import { isName, isTag } from '../../core/event-rules.ts';
import type { ShapePart, TagRule, ValueRule } from '../../core/shape/shape.ts';
import type { ShapePath } from '../../core/shape/shape-path.ts';
import { isState } from '../../core/sort-values.ts';
import { firstAt, membersOf } from './find.ts';
import { numberOf } from './number-of.ts';
import type { Scope } from './scope.ts';
import { shortName } from './short-name.ts';
import type { SkippedPaths, SkipReason } from './skipped-paths.ts';
import { asText, fieldOf, nameOf } from './text-of.ts';

/** How deep values are looked for below a rule's path. */
const MAX_DEPTH = 8;
/** Leaves looked at for one event. */
const MAX_LEAVES = 2_000;

export interface Notes {
  readonly shape: string;
  readonly skipped: SkippedPaths;
  /** Tags that the pipeline asks for: where there are more than an event may have, they come first. */
  readonly askedTags?: ReadonlySet<string> | undefined;
  /** Names of states that the pipeline asks for. */
  readonly states?: ReadonlySet<string> | undefined;
  readonly onZone?: ((zone: string) => void) | undefined;
}

export interface TakenValues {
  /** In lots that an event has room for: nearly always one. */
  readonly lots: readonly Record<string, number>[];
  /** Texts under names of states, and true and false; undefined: none. They go with the first lot. */
  readonly states: Readonly<Record<string, string>> | undefined;
}

export function takeValues({ values: rules }: ShapePart, scope: Scope, notes: Notes): TakenValues {
  const taking: Taking = { values: {}, states: undefined, entries: 0, leaves: 0, notes };
  for (const rule of rules) takeByRule(rule, scope, taking);
  const lots = taking.entries <= EVENT_LIMITS.values ? [taking.values] : lotsOf(taking.values);
  return { lots, states: taking.states };
}

function lotsOf(values: Readonly<Record<string, number>>): readonly Record<string, number>[] {
  const entries = Object.entries(values);
  const lots: Record<string, number>[] = [];
  for (let at = 0; at < entries.length; at += EVENT_LIMITS.values)
    lots.push(Object.fromEntries(entries.slice(at, at + EVENT_LIMITS.values)));
  return lots;
}

interface Taking {
  readonly values: Record<string, number>;
  states: Record<string, string> | undefined;
  entries: number;
  leaves: number;
  readonly notes: Notes;
}

function takeByRule(rule: ValueRule, scope: Scope, taking: Taking): void {
  const { from, name } = rule;
  const only = from[0];
  // A path with `*` is of everything it leads to; otherwise of the first that is there.
  if (from.length === 1 && only?.kind === 'path' && isManifold(only.path)) {
    const own = ruleName(rule, scope);
    for (const { keys, value } of everyAt(only.path, scope)) take(value, `${own}.${keys}`, 0, rule, taking);
    return;
  }
  const found = fieldOf(from, scope);
  if (found === undefined) return;
  const isNested = typeof found === 'object' && found !== null;
  if (name === undefined && isNested) take(found, '', 0, rule, taking);
  else take(found, ruleName(rule, scope), 0, rule, taking);
}

/** The rule's own name, or the last name on its path. */
function ruleName({ name, from }: ValueRule, scope: Scope): string {
  if (name !== undefined) return nameOf(name, scope) ?? '';
  for (const source of from) {
    const last =
      source.kind === 'path' ? source.path.steps.findLast((step) => step.kind === 'name') : undefined;
    if (last?.kind === 'name') return last.name;
  }
  return '';
}

function isManifold(path: ShapePath): boolean {
  return path.steps.some(({ kind }) => kind === 'every');
}

/** Everything a path with `*` leads to, with the keys and indexes on the way. */
function* everyAt(
  path: ShapePath,
  scope: Scope,
): Generator<{ readonly keys: string; readonly value: unknown }> {
  const at = path.steps.findIndex(({ kind }) => kind === 'every');
  const container = firstAt({ ...path, steps: path.steps.slice(0, at), segment: undefined }, scope);
  const rest = { ...path, from: 0, steps: path.steps.slice(at + 1) };
  let looked = 0;
  for (const [key, value] of membersOf(container)) {
    if (++looked > MAX_LEAVES) return;
    const inner: Scope = { ...scope, value };
    if (isManifold(rest)) {
      for (const below of everyAt(rest, inner)) yield { keys: `${key}.${below.keys}`, value: below.value };
      continue;
    }
    const found = firstAt(rest, inner);
    if (found !== undefined) yield { keys: String(key), value: found };
  }
}

function take(found: unknown, name: string, depth: number, rule: ValueRule, taking: Taking): void {
  if (typeof found !== 'object' || found === null) {
    takeLeaf(found, name, rule, taking);
    return;
  }
  if (depth >= MAX_DEPTH) {
    skip(taking, name, 'too deep');
    return;
  }
  if (Array.isArray(found) && rule.arrays === 'skip') {
    skip(taking, name, 'dropped');
    return;
  }
  for (const key in found) {
    if (taking.leaves > MAX_LEAVES) {
      skip(taking, name, 'too many');
      return;
    }
    if (!Object.hasOwn(found, key)) continue;
    const member = (found as Readonly<Record<string, unknown>>)[key]; // an object's own member
    take(member, name === '' ? key : `${name}.${key}`, depth + 1, rule, taking);
  }
}

function takeLeaf(leaf: unknown, dotted: string, rule: ValueRule, taking: Taking): void {
  taking.leaves += 1;
  if (rule.taken?.has(dotted) === true) return;
  if (rule.drop?.test(dotted) === true || rule.only?.test(dotted) === false) {
    skip(taking, dotted, 'dropped');
    return;
  }
  if (taking.notes.states !== undefined && takeState(leaf, dotted, rule, taking)) return;
  const number = numberOf(leaf, rule);
  if (number === 'missing') {
    if (leaf !== null && leaf !== undefined) skip(taking, dotted, 'missing');
    return;
  }
  if (number === 'refused') {
    skip(taking, dotted, 'not a number');
    return;
  }
  const name = shortName(rule.rename?.get(dotted) ?? dotted, EVENT_LIMITS.valueNameLength);
  if (!isName(name, EVENT_LIMITS.valueNameLength, true) || Object.hasOwn(taking.values, name)) {
    skip(taking, name, 'name');
    return;
  }
  taking.entries += 1;
  if (name === '__proto__') setOwn(taking.values, name, number);
  else taking.values[name] = number;
}

/** A text under the name of a state is one, whatever it looks like; true and false are states beside being 1 and 0. */
function takeState(leaf: unknown, dotted: string, rule: ValueRule, taking: Taking): boolean {
  const name = shortName(rule.rename?.get(dotted) ?? dotted, EVENT_LIMITS.valueNameLength);
  if (taking.notes.states?.has(name) !== true || rule.missing?.has(leaf) === true) return false;
  const state = typeof leaf === 'boolean' ? String(leaf) : leaf;
  if (!isState(state, true)) return false;
  if (taking.states !== undefined && Object.hasOwn(taking.states, name)) {
    skip(taking, name, 'name');
    return true;
  }
  taking.states ??= {};
  if (Object.keys(taking.states).length >= EVENT_LIMITS.values) skip(taking, name, 'too many');
  else setOwn(taking.states, name, state);
  return typeof leaf !== 'boolean';
}

export function takeTags(
  { tags: rules }: ShapePart,
  scope: Scope,
  notes: Notes,
): Record<string, string> | undefined {
  if (rules.length === 0) return undefined;
  const tags: Record<string, string> = {};
  for (const rule of rules) {
    const found = fieldOf(rule.from, scope);
    if (found === undefined) continue;
    if (typeof found !== 'object') takeTag(tags, tagName(rule, scope), found, notes);
    else takeNestedTags(tags, found as object, rule, scope, notes); // null has been passed over
  }
  return Object.keys(tags).length <= EVENT_LIMITS.tags ? tags : fewerTags(tags, notes);
}

/** Those that the pipeline asks for first, then those that come first. */
function fewerTags(
  tags: Readonly<Record<string, string>>,
  { shape, skipped, askedTags }: Notes,
): Record<string, string> {
  const names = Object.keys(tags);
  const asked = names.filter((name) => askedTags?.has(name) === true);
  const ordered = [...new Set([...asked, ...names])];
  for (const name of ordered.slice(EVENT_LIMITS.tags)) skipped.add(shape, name, 'too many');
  const kept = new Set(ordered.slice(0, EVENT_LIMITS.tags));
  return Object.fromEntries(Object.entries(tags).filter(([name]) => kept.has(name)));
}

function takeNestedTags(
  tags: Record<string, string>,
  found: object,
  rule: TagRule,
  scope: Scope,
  notes: Notes,
): void {
  const prefix = rule.name === undefined ? '' : `${nameOf(rule.name, scope) ?? ''}.`;
  let looked = 0;
  for (const [key, tag] of membersOf(found)) {
    if (++looked > MAX_LEAVES) {
      notes.skipped.add(notes.shape, prefix, 'too many');
      return;
    }
    const name = `${prefix}${key}`;
    if (rule.drop?.test(name) === true || rule.only?.test(name) === false) continue;
    takeTag(tags, name, tag, notes);
  }
}

function takeTag(
  tags: Record<string, string>,
  longName: string,
  found: unknown,
  { shape, skipped }: Notes,
): void {
  const name = shortName(longName, EVENT_LIMITS.tagNameLength);
  const text = asText(found);
  if (text === null || text === '') return;
  if (!isTag(text, true) || !isName(name, EVENT_LIMITS.tagNameLength, true))
    skipped.add(shape, name, 'no tag');
  else if (Object.hasOwn(tags, name)) skipped.add(shape, name, 'name');
  else if (name === '__proto__') setOwn(tags, name, text);
  else tags[name] = text;
}

function tagName({ name, from }: TagRule, scope: Scope): string {
  if (name !== undefined) return nameOf(name, scope) ?? '';
  for (const source of from) {
    const last =
      source.kind === 'path' ? source.path.steps.findLast((step) => step.kind === 'name') : undefined;
    if (last?.kind === 'name') return last.name;
  }
  return '';
}

/** Assigning to `__proto__` would make no entry. */
function setOwn(into: object, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}

function skip({ notes: { shape, skipped } }: Taking, path: string, reason: SkipReason): void {
  skipped.add(shape, path, reason);
}
