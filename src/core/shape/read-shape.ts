// Reads the `shapes` section of a pipeline definition: names of built-in shapes, and shapes of one's own.
import { DefinitionReader } from '../pipeline/definition-reader.ts';
import { parseRfc3339 } from '../rfc3339.ts';
import { readConditions } from './read-condition.ts';
import { readPath } from './read-field.ts';
import { readPart } from './read-part.ts';
import type { EachStep, Opening, Shape, ShapePart } from './shape.ts';
import { SHAPE_FORMATS, type ShapeDefinition } from './shape-definition.ts';
import type { ShapePath } from './shape-path.ts';

export const MAX_SHAPES = 32;
const MAX_PARTS = 16;

const PART_KEYS = [
  'when',
  'ignore',
  'each',
  'open',
  'source',
  'id',
  'type',
  'time',
  'values',
  'tags',
  'numbers',
];
const SHAPE_KEYS = ['name', 'like', 'from', 'until', 'inside', 'format', 'parts', ...PART_KEYS];
/** Keys without a say in which parts a document is cut into. */
const FIELD_KEYS: ReadonlySet<string> = new Set([
  'name',
  'like',
  'from',
  'until',
  'ignore',
  'source',
  'id',
  'type',
  'time',
  'values',
  'tags',
  'numbers',
]);

/** Those that may be named, by name. */
export type KnownShapes = ReadonlyMap<string, ShapeDefinition>;

export interface ShapeReading {
  readonly problems: string[];
  readonly builtIn: KnownShapes;
}

/** The shapes at `key` of `root`, in order. */
export function readShapes(root: DefinitionReader, key: string, reading: ShapeReading): readonly Shape[] {
  const value = root.raw(key);
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_SHAPES) {
    root.problem(key, `${foundAs(value)}, expected a list of at most ${MAX_SHAPES} shapes`);
    return [];
  }
  return value.flatMap((entry: unknown, at) => {
    const shape = readShape(entry, `${key}[${at}]`, reading);
    return shape === undefined ? [] : [shape];
  });
}

/** One shape: the name of a built-in one, or a definition. What is wrong with it is added to `problems`. */
export function readShape(entry: unknown, path: string, reading: ShapeReading): Shape | undefined {
  const { problems, builtIn } = reading;
  if (typeof entry === 'string') {
    const found = builtIn.get(entry);
    if (found !== undefined) return readDefinition(found, path, reading);
    problems.push(`${path}: found ${JSON.stringify(entry)}, expected ${namesIn(builtIn)}`);
    return undefined;
  }
  return readDefinition(entry, path, reading);
}

function readDefinition(
  entry: unknown,
  path: string,
  { problems, builtIn }: ShapeReading,
): Shape | undefined {
  const own = new DefinitionReader(path, entry, problems);
  own.onlyKeys(SHAPE_KEYS);
  if (typeof entry !== 'object' || entry === null) return undefined;
  const like = own.text('like');
  const model = like === undefined ? undefined : builtIn.get(like);
  if (like !== undefined && model === undefined) {
    own.problem('like', `found ${JSON.stringify(like)}, expected ${namesIn(builtIn)}`);
  }
  const reader = model === undefined ? own : new DefinitionReader(path, { ...model, ...entry }, problems);
  const format = reader.text('format', SHAPE_FORMATS) ?? 'json';
  const parts = readParts(reader, path, problems);
  const shape = {
    name: own.name('name'),
    format,
    inside: readInside(reader),
    when: readConditions(reader, 'when'),
    // Before anything is cut, once for all parts that ask for it.
    open: openingsOfDocument(parts),
    parts,
  };
  return {
    ...shape,
    takesLists: format === 'senml' || beginsInList(shape),
    ...readSpan(own),
    cutting: JSON.stringify(cuttingIn({ ...model, ...entry })),
  };
}

function readSpan(reader: DefinitionReader): Pick<Shape, 'fromMs' | 'untilMs'> {
  const fromMs = readMoment(reader, 'from');
  const untilMs = readMoment(reader, 'until');
  if (fromMs !== undefined && untilMs !== undefined && fromMs >= untilMs)
    reader.problem('until', `found ${JSON.stringify(reader.raw('until'))}, expected a time after "from"`);
  return { fromMs, untilMs };
}

function readMoment(reader: DefinitionReader, key: 'from' | 'until'): number | undefined {
  const text = reader.raw(key);
  if (text === undefined) return undefined;
  const ms = typeof text === 'string' ? parseRfc3339(text) : undefined;
  if (ms === undefined)
    reader.problem(key, `found ${JSON.stringify(text)}, expected a time such as "2026-11-28T12:00:00Z"`);
  return ms;
}

/**
 * What meets no `when` of a part, and what is ignored, has its place among the parts all the same. Names in order, so that
 * a definition written in another order cuts alike.
 */
function cuttingIn(definition: object, isPart = false): unknown {
  const entries = Object.entries(definition)
    .filter(([key]) => !FIELD_KEYS.has(key) && !(isPart && key === 'when'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]: [string, unknown]) => [
    key,
    key === 'parts' && Array.isArray(value)
      ? value.map((part: object) => cuttingIn(Object(part), true))
      : value,
  ]);
}

function readParts(reader: DefinitionReader, path: string, problems: string[]): readonly ShapePart[] {
  const children = reader.list('parts', { least: 1, most: MAX_PARTS, optional: true });
  if (children.length === 0) return [readPart(reader, { isWhole: true })];
  const shared = Object.fromEntries(
    PART_KEYS.filter((key) => key !== 'when').map((key) => [key, reader.raw(key)]),
  );
  return children.map((child, at) => {
    child.onlyKeys(PART_KEYS);
    const own = Object.fromEntries(child.keys().map((key) => [key, child.raw(key)]));
    const merged = new DefinitionReader(`${path}.parts[${at}]`, { ...shared, ...own }, problems);
    return readPart(merged, { isWhole: false });
  });
}

function openingsOfDocument(parts: readonly ShapePart[]): readonly Opening[] {
  const openings = parts.flatMap(({ open }) => open.filter(({ path }) => path.from === 'document'));
  return [...new Map(openings.map((opening) => [opening.path.text, opening])).values()];
}

function readInside(reader: DefinitionReader): readonly ShapePath[] {
  const value = reader.raw('inside') ?? '.';
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (texts.length === 0 || texts.length > 8)
    reader.problem('inside', `found ${texts.length} paths, expected 1 to 8`);
  return texts.flatMap((text) => readPath(reader, 'inside', text));
}

function beginsInList({ when, parts }: Pick<Shape, 'when' | 'parts'>): boolean {
  const paths = when.flatMap(({ has, lacks, equals }) => [
    ...has,
    ...lacks,
    ...equals.map(({ path }) => path),
  ]);
  const firsts = parts.flatMap(({ each: [first] }) => (first === undefined ? [] : [pathOfStep(first)]));
  return [...paths, ...firsts].some(
    ({ steps: [first] }: ShapePath) => first !== undefined && first.kind === 'index',
  );
}

function pathOfStep(step: EachStep): ShapePath {
  if (step.kind === 'path') return step.path;
  return step.kind === 'rows' ? step.rows : step.lists;
}

/** A definition that has been deployed names none. */
function namesIn(builtIn: KnownShapes): string {
  if (builtIn.size === 0) return 'a shape';
  return `a shape, or the name of a built-in one: ${[...builtIn.keys()].join(', ')}`;
}

function foundAs(value: unknown): string {
  return Array.isArray(value) ? `found a list of ${value.length}` : `found ${JSON.stringify(value)}`;
}
