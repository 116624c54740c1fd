// The pattern language of filters: EventBridge's, as far as Lambda takes it (rules 36 and 39). A pattern is parsed once into
// a matcher; what is wrong with it is told with its place.
import { type FilterJson, isFields, isList, shown, WrittenNumber } from './filter-json.ts';

export type Matcher = (value: FilterJson | undefined) => boolean;

/** A filter pattern that is invalid: where, what was found, what was expected. */
export class PatternError extends Error {
  constructor(path: readonly string[], found: FilterJson | undefined, expected: string) {
    const where = path.length === 0 ? 'the pattern' : path.join('.');
    super(`${where}: found ${excerpt(shown(found))}, expected ${expected}`);
    this.name = 'PatternError';
  }
}

type Path = readonly string[];

/** @throws PatternError */
export function compilePattern(pattern: FilterJson | undefined, path: Path = []): Matcher {
  if (!isFields(pattern)) throw new PatternError(path, pattern, 'an object of fields and their rules');
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new PatternError(path, pattern, 'at least one field');
  const all = entries.map(([key, rule]) => compileField(key, rule, path));
  const matches: Matcher = (value) => {
    // of a list of objects one has to match as a whole
    if (isList(value) && value.length > 0) return value.some((element) => matches(element));
    return all.every((field) => field(value));
  };
  return matches;
}

function compileField(key: string, rule: FilterJson, path: Path): Matcher {
  const at = [...path, key];
  if (key === '$or') return compileOr(rule, at);
  const matches = isList(rule) ? compileRules(rule, at) : compilePatternOrRefuse(rule, at);
  return (value) => matches(isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined);
}

function compilePatternOrRefuse(rule: FilterJson, path: Path): Matcher {
  if (isFields(rule)) return compilePattern(rule, path);
  throw new PatternError(path, rule, 'a list of rules, or an object of fields');
}

function compileOr(rule: FilterJson, path: Path): Matcher {
  if (!isList(rule) || rule.length < 2) throw new PatternError(path, rule, 'a list of at least two patterns');
  const alternatives = rule.map((pattern, index) => compilePattern(pattern, [...path, String(index)]));
  return (value) => alternatives.some((matches) => matches(value));
}

/** A field's rules, of which one has to match. */
function compileRules(rules: readonly FilterJson[], path: Path): Matcher {
  if (rules.length === 0) throw new PatternError(path, rules, 'at least one rule');
  const matchers = rules.map((rule, index) => compileRule(rule, [...path, String(index)]));
  return (value) => matchers.some((matches) => matches(value));
}

function compileRule(rule: FilterJson, path: Path): Matcher {
  if (isList(rule)) throw new PatternError(path, rule, 'a value, or an object with one operator');
  if (!isFields(rule)) return onLeaves((leaf) => isSame(leaf, rule));
  const [operator, ...more] = Object.entries(rule);
  if (operator === undefined || more.length > 0) throw new PatternError(path, rule, 'exactly one operator');
  const [name, operand] = operator;
  const at = [...path, name];
  switch (name) {
    case 'exists':
      return compileExists(operand, at);
    case 'anything-but': {
      const refused = compileAnythingBut(operand, at);
      return onLeaves((leaf) => !refused(leaf));
    }
    case 'numeric':
      return onLeaves(compileNumeric(operand, at));
    default:
      return onLeaves(compileTextOperator(name, operand, at));
  }
}

/** A leaf is neither an object nor a list. A list matches if one of its elements does. */
type LeafMatcher = (leaf: Leaf) => boolean;
type Leaf = string | boolean | null | WrittenNumber;

function onLeaves(matches: LeafMatcher): Matcher {
  return (value) => leavesOf(value).some(matches);
}

function leavesOf(value: FilterJson | undefined): readonly Leaf[] {
  if (value === undefined || isFields(value)) return [];
  return isList(value) ? value.flatMap(leavesOf) : [value];
}

/** Texts exactly, numbers as written. */
function isSame(a: Leaf, b: Leaf): boolean {
  if (a instanceof WrittenNumber || b instanceof WrittenNumber) {
    return a instanceof WrittenNumber && b instanceof WrittenNumber && a.text === b.text;
  }
  return a === b;
}

/** Only leaves exist: an object in the field's place does not count. */
function compileExists(operand: FilterJson, path: Path): Matcher {
  if (typeof operand !== 'boolean') throw new PatternError(path, operand, 'true or false');
  return (value) => leavesOf(value).length > 0 === operand;
}

function compileTextOperator(name: string, operand: FilterJson, path: Path): LeafMatcher {
  switch (name) {
    case 'prefix':
      return textMatcher(operand, path, (text, wanted) => text.startsWith(wanted));
    case 'suffix':
      return textMatcher(operand, path, (text, wanted) => text.endsWith(wanted));
    case 'equals-ignore-case': {
      const wanted = textOf(operand, path).toLowerCase();
      return (leaf) => typeof leaf === 'string' && leaf.toLowerCase() === wanted;
    }
    default: {
      const known = 'prefix, suffix, equals-ignore-case, anything-but, numeric or exists';
      throw new PatternError(path.slice(0, -1), { [name]: operand }, `an operator: ${known}`);
    }
  }
}

/** The operand is a text, or `{"equals-ignore-case": text}`. */
function textMatcher(
  operand: FilterJson,
  path: Path,
  test: (text: string, wanted: string) => boolean,
): LeafMatcher {
  const [key, ...more] = isFields(operand) ? Object.keys(operand) : [];
  if (isFields(operand) && key === 'equals-ignore-case' && more.length === 0) {
    const wanted = textOf(operand[key], [...path, key]).toLowerCase();
    return (leaf) => typeof leaf === 'string' && test(leaf.toLowerCase(), wanted);
  }
  const wanted = textOf(operand, path);
  return (leaf) => typeof leaf === 'string' && test(leaf, wanted);
}

/** What the field may not be: a value, values of one kind, or an operator on texts with one or several of them. */
function compileAnythingBut(operand: FilterJson, path: Path): LeafMatcher {
  if (isFields(operand)) {
    const [entry, ...more] = Object.entries(operand);
    if (entry === undefined || more.length > 0) throw new PatternError(path, operand, 'exactly one operator');
    const [name, inner] = entry;
    const operands = listOf(inner, [...path, name]);
    // it would refuse every text
    if (operands.includes('')) throw new PatternError([...path, name], inner, 'texts that are not empty');
    const refused = operands.map((one) => compileTextOperator(name, one, [...path, name]));
    return (leaf) => refused.some((matches) => matches(leaf));
  }
  const values = listOf(operand, path).map((value) => {
    if (typeof value === 'string' || value instanceof WrittenNumber) return value;
    throw new PatternError(path, value, 'texts or numbers');
  });
  if (new Set(values.map((value) => typeof value)).size > 1) {
    throw new PatternError(path, operand, 'texts alone, or numbers alone');
  }
  return (leaf) => values.some((value) => isSame(leaf, value));
}

function listOf(operand: FilterJson | undefined, path: Path): readonly FilterJson[] {
  if (operand === undefined || (isList(operand) && operand.length === 0)) {
    throw new PatternError(path, operand, 'at least one value');
  }
  return isList(operand) ? operand : [operand];
}

type Comparison = (value: number) => boolean;

const COMPARISONS: ReadonlyMap<string, (bound: number) => Comparison> = new Map([
  ['=', (bound) => (value) => value === bound],
  ['<', (bound) => (value) => value < bound],
  ['<=', (bound) => (value) => value <= bound],
  ['>', (bound) => (value) => value > bound],
  ['>=', (bound) => (value) => value >= bound],
]);

/** `["=", 5]`, `[">", 0]` or a range `[">", 0, "<=", 5]`: a lower bound, then an upper one. */
function compileNumeric(operand: FilterJson, path: Path): LeafMatcher {
  const expected = 'a comparison and a number, or a range: [">", 0, "<=", 5]';
  if (!isList(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new PatternError(path, operand, expected);
  }
  const tests = pairs(operand).map(([comparison, bound]) => {
    const make = typeof comparison === 'string' ? COMPARISONS.get(comparison) : undefined;
    if (make === undefined || !(bound instanceof WrittenNumber))
      throw new PatternError(path, operand, expected);
    return make(bound.value);
  });
  const [lower, upper] = pairs(operand);
  if (upper !== undefined && !(isOneOf(lower?.[0], '>', '>=') && isOneOf(upper[0], '<', '<='))) {
    throw new PatternError(path, operand, expected);
  }
  return (leaf) => leaf instanceof WrittenNumber && tests.every((test) => test(leaf.value));
}

function isOneOf(value: FilterJson | undefined, ...allowed: readonly string[]): boolean {
  return typeof value === 'string' && allowed.includes(value);
}

function pairs(list: readonly FilterJson[]): readonly (readonly FilterJson[])[] {
  return list.flatMap((_, index) => (index % 2 === 0 ? [list.slice(index, index + 2)] : []));
}

function textOf(value: FilterJson | undefined, path: Path): string {
  if (typeof value === 'string') return value;
  throw new PatternError(path, value, 'a text');
}

const excerpt = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
