// Proposes a shape for documents of unknown form: by the names people give things, and by what the values look like.
// A proposal to be looked at, not a reading: nothing uses it but the command that prints it.
import { isObject } from '../../core/event-rules.ts';
import type { ShapeDefinition, TimeDefinition } from '../../core/shape/shape-definition.ts';
import { memberOf } from './find.ts';

/** Documents, or parts, that are looked at. */
const MAX_LOOKED_AT = 500;
const MAX_DEPTH = 4;

export interface Guess {
  readonly definition: ShapeDefinition;
  /** What is unsure about it, in words. */
  readonly doubts: readonly string[];
}

/** undefined where there is nothing to go by: no objects, or no time in them. `format` as the documents were read. */
export function guessShape(
  documents: readonly unknown[],
  format: ShapeDefinition['format'],
): Guess | undefined {
  const objects = documents.flatMap(flat).filter(isObject).slice(0, MAX_LOOKED_AT);
  const found = partsWithTime(objects);
  if (found === undefined) return undefined;
  const { list, leaves, time } = found;
  const doubts = [...time.doubts];
  const source = pick(leaves, SOURCE_NAMES, isLabel);
  if (source === undefined)
    doubts.push('source: nothing looks like the name of a device, so it is the partition key');
  const id = pick(leaves, ID_NAMES, (values) => values.length > 1 && new Set(values).size === values.length);
  if (id === undefined) doubts.push('id: nothing tells events apart, so a record sent twice counts twice');
  const definition: ShapeDefinition = {
    name: 'mine',
    ...(format === undefined || format === 'json' ? {} : { format }),
    ...(list === undefined ? {} : { each: `${list.map(pathStep).join('')}[*]`.replace(/^\./, '') }),
    ...(format === undefined || format === 'json'
      ? { when: { has: whenPaths(list, source, time.paths) } }
      : {}),
    source: source ?? '@partitionKey',
    ...(id === undefined ? {} : { id }),
    time: time.definition,
    values: [
      { path: '.', text: format === 'csv' ? 'number' : textsAre(leaves, [source, id, ...time.paths]) },
    ],
  };
  return { definition, doubts };
}

/** How texts are to be read: those that are numbers alone, or with a unit. Those of the fields say nothing of it. */
function textsAre(leaves: Leaves, fields: readonly (string | undefined)[]): 'units' | 'number' | 'skip' {
  const others = [...leaves].filter(([path]) => !fields.includes(path)).map(([, values]) => values);
  if (others.flat().some((value) => typeof value === 'string' && WITH_UNIT.test(value))) return 'units';
  const isNumber = (value: unknown) => typeof value === 'string' && /^-?\d{1,15}(?:\.\d+)?$/.test(value);
  return others.some((values) => values.every(isNumber)) ? 'number' : 'skip';
}

const WITH_UNIT = /^-?\d+(?:\.\d+)? ?[^\d\s.,:/-]{1,8}$/;

interface TimedParts {
  /** The names to the list that the parts are elements of; undefined: they are the documents. */
  readonly list: readonly string[] | undefined;
  readonly leaves: Leaves;
  readonly time: TimeGuess;
}

/** The elements of a list of several; else the documents; and where those have no time, a list of one. */
function partsWithTime(objects: readonly object[]): TimedParts | undefined {
  for (const list of [listIn(objects[0], [], 2), undefined, listIn(objects[0], [], 1)]) {
    const parts = list === undefined ? objects : objects.flatMap((each) => elementsAt(each, list));
    // What all of them have, or where that has no time, what most have.
    const [leaves, time] = leavesWithTime(parts.filter(isObject).slice(0, MAX_LOOKED_AT));
    if (time !== undefined) return { list, leaves, time };
  }
  return undefined;
}

function leavesWithTime(parts: readonly object[]): readonly [Leaves, TimeGuess | undefined] {
  const common = leavesOf(parts, parts.length);
  const time = guessTime(common);
  if (time !== undefined) return [common, time];
  const frequent = leavesOf(parts, parts.length / 2);
  const found = guessTime(frequent);
  if (found === undefined) return [common, undefined];
  const have = Math.min(...found.paths.map((path) => frequent.get(path)?.length ?? 0));
  const doubt = `time: ${have} of ${parts.length} have it there, the others need a shape of their own`;
  return [frequent, { ...found, doubts: [...found.doubts, doubt] }];
}

function whenPaths(
  list: readonly string[] | undefined,
  source: string | undefined,
  times: readonly string[],
): readonly string[] {
  if (list !== undefined) return [list.map(pathStep).join('').replace(/^\./, '')];
  return [...(source === undefined ? [] : [source]), ...times.slice(0, 1)];
}

const SOURCE_NAMES = [
  /^(?:device|sensor|node|thing|client|station|machine|meter|player|vehicle|asset|gateway)[_-]?(?:id|name|eui|key)?$/i,
  /(?:device|sensor|node|thing|client|station|machine|player|vehicle)[_-]?(?:id|name|eui)$/i,
  /^(?:source|src|host|hostname|mac|serial|vin|imei|dev_?eui|dev_?id|core_?id|entity_?id|ref_?id|_id_)$/i,
  /^(?:topic|name|user|location|site)$/i,
];
const ID_NAMES = [
  /(?:message|event|msg|packet|deduplication)_?-?(?:id|uuid)$/i,
  /^_?(?:id|uuid|msgid|seq|sequence|fcnt|f_cnt|counter)$/i,
];
const TIME_NAMES = [
  /^(?:timestamp|time|datetime|date_time|ts|tst|_time)$/i,
  /(?:time|timestamp|date|_at|ts|_changed|_seen|_fired)$/i,
  /time|date/i,
];

type Leaves = ReadonlyMap<string, readonly unknown[]>;

function pick(
  leaves: Leaves,
  names: readonly RegExp[],
  fits: (values: readonly unknown[]) => boolean,
): string | undefined {
  for (const name of names) {
    for (const [path, values] of leaves) if (name.test(lastName(path)) && fits(values)) return path;
  }
  return undefined;
}

function isLabel(values: readonly unknown[]): boolean {
  return values.every(
    (value) => (typeof value === 'string' && value !== '' && value.length <= 128) || Number.isInteger(value),
  );
}

interface TimeGuess {
  readonly definition: TimeDefinition;
  readonly paths: readonly string[];
  readonly doubts: readonly string[];
}

function guessTime(leaves: Leaves): TimeGuess | undefined {
  const pair = guessDateAndTime(leaves);
  if (pair !== undefined) return pair;
  for (const name of TIME_NAMES) {
    for (const [path, values] of leaves) {
      const found = name.test(lastName(path)) ? formatOf(values) : undefined;
      if (found !== undefined)
        return {
          definition: { path, ...found.format },
          paths: [path],
          doubts: found.doubts.map((doubt) => `time: ${doubt}`),
        };
    }
  }
  return undefined;
}

/** Two columns, one with the date and one with the time of day. */
function guessDateAndTime(leaves: Leaves): TimeGuess | undefined {
  const date = [...leaves].find(
    ([path, values]) =>
      /date/i.test(path) && values.every((value) => typeof value === 'string' && DATE.test(value)),
  );
  const time = [...leaves].find(
    ([path, values]) =>
      /time/i.test(path) &&
      values.every((value) => typeof value === 'string' && /^\d{1,2}:\d\d(?::\d\d)?$/.test(value)),
  );
  if (date === undefined || time === undefined) return undefined;
  const found = formatOf(date[1].map((value, at) => `${value} ${time[1][at]}`));
  if (found === undefined) return undefined;
  const paths = [date[0], time[0]];
  return {
    definition: { path: `{${date[0]}} {${time[0]}}`, ...found.format },
    paths,
    doubts: found.doubts.map((doubt) => `time: ${doubt}`),
  };
}

const DATE = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})|^\d{4}[-/]\d\d[-/]\d\d/;
const LOCAL = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}):\d\d(:\d\d)?)?$/;

interface FormatGuess {
  readonly format: { readonly as: string; readonly zone?: string };
  readonly doubts: readonly string[];
}

function formatOf(values: readonly unknown[]): FormatGuess | undefined {
  const numbers = values.map((value) =>
    typeof value === 'string' && /^\d{10,19}(?:\.\d+)?$/.test(value) ? Number(value) : value,
  );
  if (numbers.length > 0 && numbers.every((value) => typeof value === 'number')) return ofNumbers(numbers);
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length === 0 || texts.length < values.length) return undefined;
  if (
    texts.every((text) =>
      /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|UTC|[+-]\d\d:?\d\d)$/.test(text),
    )
  )
    return { format: { as: 'iso' }, doubts: [] };
  if (texts.every((text) => /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/.test(text)))
    return { format: { as: 'iso', zone: 'UTC' }, doubts: [NO_ZONE] };
  return ofLocal(texts);
}

const NO_ZONE = 'the texts state no zone; UTC is a guess';

function ofNumbers(numbers: readonly number[]): FormatGuess | undefined {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  for (const [as, scale] of [
    ['s', 1],
    ['ms', 1e3],
    ['us', 1e6],
    ['ns', 1e9],
  ] as const) {
    // From 2001 to 2065.
    if (least >= 978e6 * scale && most <= 3e9 * scale) return { format: { as }, doubts: [] };
  }
  return undefined;
}

/** Day or month first is told by a number above 12. */
function ofLocal(texts: readonly string[]): FormatGuess | undefined {
  const matches = texts.map((text) => LOCAL.exec(text));
  const [first] = matches;
  if (first === null || first === undefined || matches.includes(null)) return undefined;
  const [, , separator = '/', , , hour, seconds] = first;
  const dayFirst = matches.some((match) => Number(match?.[1]) > 12);
  const monthFirst = matches.some((match) => Number(match?.[3]) > 12);
  if (dayFirst && monthFirst) return undefined;
  const date = monthFirst ? ['M', 'd'] : ['d', 'M'];
  const as = `${date.join(separator)}${separator}yyyy${hour === undefined ? '' : ' H:mm'}${seconds === undefined ? '' : ':ss'}`;
  const doubts = [
    NO_ZONE,
    ...(dayFirst || monthFirst
      ? []
      : ['whether the day or the month stands first is not to be seen; the day is a guess']),
  ];
  return { format: { as, zone: 'UTC' }, doubts };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Leaves that at least so many of them have. */
function leavesOf(objects: readonly object[], least: number): Leaves {
  const leaves = new Map<string, unknown[]>();
  const visit = (value: unknown, path: string, depth: number) => {
    if (isObject(value) && depth < MAX_DEPTH) {
      for (const [name, member] of Object.entries(value))
        visit(member, `${path}${pathStep(name)}`, depth + 1);
    } else if (typeof value !== 'object' && path !== '') {
      const key = path.replace(/^\./, '');
      const known = leaves.get(key);
      if (known === undefined) leaves.set(key, [value]);
      else known.push(value);
    }
  };
  for (const object of objects) visit(object, '', 0);
  return new Map([...leaves].filter(([, values]) => values.length > 0 && values.length >= least));
}

function pathStep(name: string): string {
  return /^[^.[\]{}#^@$*"\s][^.[\]{}#"]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The names to a list of at least so many objects in the document, the first there is. */
function listIn(value: unknown, names: readonly string[], least: number): readonly string[] | undefined {
  if (!isObject(value) || names.length >= MAX_DEPTH) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (Array.isArray(member) && member.length >= least && member.every(isObject)) return [...names, name];
    const below = listIn(member, [...names, name], least);
    if (below !== undefined) return below;
  }
  return undefined;
}

function elementsAt(value: unknown, names: readonly string[]): readonly unknown[] {
  let at = value;
  for (const name of names) at = memberOf(at, name);
  return Array.isArray(at) ? at : [];
}

function flat(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flat(MAX_DEPTH) : [value];
}
