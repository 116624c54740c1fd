// The `values` and `tags` of a part: a path, a list of rules, or names with what each is.
import { DefinitionReader } from '../pipeline/definition-reader.ts';
import { found, readPatterns, readRuleName, readTextField } from './read-field.ts';
import type { TagRule, TextField, ValueRule } from './shape.ts';
import { nameOfStep } from './shape-path.ts';

const MAX_RULES = 256;
const VALUE_KEYS = ['path', 'name'];
const OPTION_KEYS = ['text', 'units', 'enums', 'missing', 'decimalComma', 'arrays', 'rename', 'drop', 'only'];

/** `taken`: names that other fields are read from; rules for what they stand in leave them out. */
export function readValues(reader: DefinitionReader, taken: readonly string[]): readonly ValueRule[] {
  const numbers = reader.child('numbers') ?? new DefinitionReader('', {}, []);
  numbers.onlyKeys(OPTION_KEYS);
  const rules = rulesAt(reader, 'values', '.');
  return rules.map(({ entry, name }) => readValueRule(entry, name, { numbers, taken }));
}

export function readTags(reader: DefinitionReader): readonly TagRule[] {
  return rulesAt(reader, 'tags', undefined).map(({ entry, name }) => {
    entry.onlyKeys(['path', 'name', 'drop', 'only']);
    return {
      from: readTextField(entry, 'path', entry.raw('path')),
      name: readRuleName(entry, 'name', name ?? entry.raw('name')),
      drop: readPatterns(entry, 'drop'),
      only: readPatterns(entry, 'only'),
    };
  });
}

interface RuleEntry {
  readonly entry: DefinitionReader;
  /** Where the rules are entries of an object: its key. */
  readonly name: string | undefined;
}

function rulesAt(reader: DefinitionReader, key: string, otherwise: string | undefined): readonly RuleEntry[] {
  const value = reader.raw(key) ?? otherwise;
  if (value === undefined) return [];
  const rules: readonly (readonly [string | undefined, unknown])[] =
    typeof value === 'string'
      ? [[undefined, value]]
      : Array.isArray(value)
        ? value.map((each) => [undefined, each])
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
          : [];
  if (rules.length > MAX_RULES || (rules.length === 0 && typeof value !== 'object')) {
    reader.problem(
      key,
      `${found(value)}, expected a path, at most ${MAX_RULES} rules, or names with what each is`,
    );
  }
  return rules.map(([name, rule], at) => ({
    entry: reader.entryOf(name === undefined ? `${key}[${at}]` : `${key}.${name}`, asRule(rule)),
    name,
  }));
}

/** A path, several or `{"text": …}` is the short form of a rule. */
function asRule(rule: unknown): unknown {
  const isShort =
    typeof rule === 'string' ||
    Array.isArray(rule) ||
    (typeof rule === 'object' && rule !== null && 'text' in rule && !('path' in rule));
  return isShort ? { path: rule } : rule;
}

function readValueRule(
  entry: DefinitionReader,
  name: string | undefined,
  { numbers, taken }: { readonly numbers: DefinitionReader; readonly taken: readonly string[] },
): ValueRule {
  entry.onlyKeys([...VALUE_KEYS, ...OPTION_KEYS]);
  const from = readTextField(entry, 'path', entry.raw('path'));
  const by = (key: string) => (entry.has(key) ? entry : numbers);
  return {
    from,
    name: readRuleName(entry, 'name', name ?? entry.raw('name')),
    text:
      by('text').text('text', ['skip', 'number', 'units']) ?? (by('units').has('units') ? 'units' : 'number'),
    units: readNumbers(by('units'), 'units'),
    enums: readNumbers(by('enums'), 'enums'),
    missing: readMissing(by('missing')),
    decimalComma: by('decimalComma').flag('decimalComma'),
    arrays: by('arrays').text('arrays', ['index', 'skip']) ?? 'index',
    rename: readRenames(by('rename')),
    drop: readPatterns(by('drop'), 'drop'),
    only: readPatterns(by('only'), 'only'),
    taken: takenBelow(from, taken),
  };
}

/** Names below the rule's own path that other fields are read from, relative to that path. */
function takenBelow(from: TextField, taken: readonly string[]): ReadonlySet<string> | undefined {
  const paths = from.flatMap((one) => (one.kind === 'path' && one.path.from === 0 ? [one.path] : []));
  const below = paths.flatMap(({ steps }) => {
    const prefix = steps.map((step) => `${nameOfStep(step)}.`).join('');
    return taken.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  });
  return below.length === 0 ? undefined : new Set(below);
}

function readNumbers(
  entry: DefinitionReader,
  key: 'enums' | 'units',
): ReadonlyMap<string, number> | undefined {
  const child = entry.child(key);
  if (child === undefined) return undefined;
  const numbers = new Map<string, number>();
  for (const text of child.keys()) {
    const value = child.raw(text);
    if (typeof value === 'number' && Number.isFinite(value)) numbers.set(text, value);
    else child.problem(text, `${found(value)}, expected a finite number`);
  }
  return numbers;
}

function readMissing(entry: DefinitionReader): ReadonlySet<unknown> | undefined {
  const value = entry.raw('missing');
  if (value === undefined) return undefined;
  const isList = Array.isArray(value) && value.length <= 64;
  if (isList && value.every((one) => typeof one === 'number' || typeof one === 'string'))
    return new Set(value);
  entry.problem('missing', `${found(value)}, expected a list of at most 64 numbers and texts`);
  return undefined;
}

function readRenames(entry: DefinitionReader): ReadonlyMap<string, string> | undefined {
  const child = entry.child('rename');
  if (child === undefined) return undefined;
  const names = new Map<string, string>();
  for (const name of child.keys()) {
    const value = child.raw(name);
    if (typeof value === 'string' && value !== '') names.set(name, value);
    else child.problem(name, `${found(value)}, expected a name`);
  }
  return names;
}
