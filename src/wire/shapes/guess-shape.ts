// Proposes a shape for documents of unknown form: by the names people give things, and by what the values look like.
// A proposal to be looked at, not a reading: nothing uses it but the command that prints it.
import { isObject } from '../../core/event-rules.ts';
import type { EachDefinition, ShapeDefinition, TimeDefinition } from '../../core/shape/shape-definition.ts';
import { memberOf } from './find.ts';
import { columnsIn } from './guess-columns.ts';
import {
  canBeNamed,
  isNumeric,
  type NamedValues,
  namedValueListIn,
  namedValuesIn,
} from './guess-named-values.ts';

/** Documents, or parts, that are looked at. */
const MAX_LOOKED_AT = 500;
const MAX_DEPTH = 4;

export interface Guess {
  readonly definition: ShapeDefinition;
  /** What is unsure about it, in words. */
  readonly doubts: readonly string[];
}

/** undefined where there is nothing to go by: no objects, or no number in them. `format` as the documents were read. */
export function guessShape(
  documents: readonly unknown[],
  format: ShapeDefinition['format'],
): Guess | undefined {
  const objects = documents.flatMap(flat).filter(isObject).slice(0, MAX_LOOKED_AT);
  const columnar = guessColumns(objects);
  if (columnar !== undefined) return columnar;
  const found = partsWithTime(objects) ?? partsWithoutTime(objects);
  if (found === undefined) return undefined;
  const { list, leaves, time } = found;
  const doubts = [...time.doubts, ...unitDoubts(leaves)];
  const named = list === undefined ? namedValueListIn(objects[0]) : undefined;
  const beside = namedValuesIn(leaves, list === undefined ? 'alone' : 'in a list');
  const source = pick(leaves, SOURCE_NAMES, isLabel);
  if (source === undefined) doubts.push(NO_SOURCE);
  const ids = new Map([...leaves].filter(([path]) => path !== beside?.label));
  const id = pick(ids, ID_NAMES, (values) => values.length > 1 && new Set(values).size === values.length);
  if (id === undefined) doubts.push(NO_ID);
  const outer = (path: string) => (named === undefined || path.startsWith('@') ? path : aroundPart(path));
  const each = list ?? named?.list;
  const isJson = format === undefined || format === 'json';
  const definition: ShapeDefinition = {
    name: 'mine',
    ...(isJson ? {} : { format }),
    ...(each === undefined ? {} : { each: `${pathOf(each)}[*]` }),
    ...(isJson ? { when: { has: whenPaths(each, source, time.paths, leaves) } } : {}),
    source: outer(source ?? '@partitionKey'),
    // An id of the document is not one of each of its values.
    ...(id === undefined ? {} : { id: named === undefined ? id : `{${outer(id)}}/{${named.label}}` }),
    time: named === undefined ? time.definition : timeAround(time, outer),
    values: valuesFrom(leaves, { named: named ?? beside, fields: [source, id, ...time.paths] }),
  };
  return { definition, doubts };
}

const NO_SOURCE = 'source: nothing looks like the name of a device, so it is the partition key';
const NO_ID = 'id: nothing tells events apart, so a record sent twice counts twice';

/** Columns with a time among them; undefined where there are none: lists alone may be anything. */
function guessColumns(objects: readonly object[]): Guess | undefined {
  const columns = columnsIn(objects[0]);
  if (columns === undefined) return undefined;
  const parts = objects.flatMap((each) => columns.partsOf(each)).slice(0, MAX_LOOKED_AT);
  const times = guessTime(leavesOf(parts, parts.length));
  if (times === undefined) return undefined;
  const leaves = leavesOf(parts, 1);
  const own = pick(leaves, SOURCE_NAMES, isLabel);
  const around =
    own === undefined ? pick(leavesOf(objects, objects.length), SOURCE_NAMES, isLabel) : undefined;
  const source = own ?? (around === undefined ? '@partitionKey' : aroundPart(around));
  const each = columns.each(pathOf);
  const definition: ShapeDefinition = {
    name: 'mine',
    each,
    when: {
      has:
        typeof each === 'object' && 'rows' in each
          ? [each.rows]
          : times.paths.map((path) => insideOf(each, path)),
    },
    source,
    time: times.definition,
    values: valuesFrom(leaves, { named: undefined, fields: [own, ...times.paths] }),
  };
  const doubts = [
    ...times.doubts,
    ...unitDoubts(leaves),
    ...((own ?? around) === undefined ? [NO_SOURCE] : []),
    NO_ID,
  ];
  return { definition, doubts };
}

/** A column's path in the document. */
function insideOf(each: EachDefinition, path: string): string {
  const lists = typeof each === 'object' && 'transpose' in each ? each.transpose : '.';
  if (lists === '.') return path;
  return path.startsWith('[') ? `${lists}${path}` : `${lists}.${path}`;
}

/** Numbers that count different things by their units are not one value. */
function unitDoubts(leaves: Leaves): readonly string[] {
  return [...leaves].flatMap(([path, values]) => {
    const found = values.map((value) => (typeof value === 'string' ? QUANTITY.exec(value)?.[1] : undefined));
    const units = [...new Set(found)].filter((unit) => unit !== undefined);
    if (units.length < 2) return [];
    const names = units.slice(0, 5).map((unit) => unit || 'none');
    return [`values: ${path} has several units (${names.join(', ')}); "units" says what one of each is`];
  });
}

const QUANTITY = /^-?\d+(?:\.\d+)?\s?([A-Za-zµ°%][^\s\d]{0,7}|)$/;

/** What a path of the document is from a part that was cut out of it. */
function aroundPart(path: string): string {
  return path.startsWith('[') ? `^${path}` : `^.${path}`;
}

function timeAround({ definition, paths }: TimeGuess, outer: (path: string) => string): TimeDefinition {
  if (typeof definition === 'string' || !('path' in definition)) return definition;
  const [first, second] = paths.map(outer);
  return { ...definition, path: second === undefined ? (first ?? '@arrival') : `{${first}} {${second}}` };
}

function valuesByName({ label, value }: NamedValues): NonNullable<ShapeDefinition['values']> {
  return { [`{${label}}`]: value };
}

/** Those with names beside them; else everything numeric, but for what says which or when. */
function valuesFrom(
  leaves: Leaves,
  {
    named,
    fields,
  }: { readonly named: NamedValues | undefined; readonly fields: readonly (string | undefined)[] },
): NonNullable<ShapeDefinition['values']> {
  if (named !== undefined && !fields.includes(named.label)) return valuesByName(named);
  const others = new Map([...leaves].filter(([path]) => !fields.includes(path)));
  const drop = [...others].flatMap(([path, values]) => (isNoMeasure(path, values) ? [path] : []));
  const measures = [...others].flatMap(([path, values]) => (drop.includes(path) ? [] : [values]));
  return [
    {
      path: '.',
      text: textsAre(measures),
      ...(measures.some(haveCommas) ? { decimalComma: true } : {}),
      ...(drop.length === 0 ? {} : { drop: drop.slice(0, MAX_DROPPED) }),
    },
  ];
}

const MAX_DROPPED = 64;
const NAMES_SOMETHING =
  /(?:^|[_-])(?:id|uuid|eui|mac|sn|imei|serial|index|pin)$|(?:Id|ID|EUI|Eui|Uuid|Serial)$|devEUI$/;

/** Numbers that say which or when, and nothing of what was measured. */
function isNoMeasure(path: string, values: readonly unknown[]): boolean {
  const isRead = values.every((value) => isNumeric(value) || (typeof value === 'string' && HEX.test(value)));
  if (!isRead) return false;
  return NAMES_SOMETHING.test(lastName(path)) || formatOf(values) !== undefined;
}

const HEX = /^[0-9A-Fa-f]{4,64}$/;

/** How texts are to be read: those that are numbers alone, or with a unit. */
function textsAre(measures: readonly (readonly unknown[])[]): 'units' | 'number' | 'skip' {
  if (measures.flat().some((value) => typeof value === 'string' && WITH_UNIT.test(value))) return 'units';
  const isNumber = (values: readonly unknown[]) =>
    haveCommas(values) || values.some((value) => typeof value === 'string' && isNumeric(value));
  return measures.some(isNumber) ? 'number' : 'skip';
}

/** What is not one of these is as likely a version or a name: `11n`, `868M`. */
const WITH_UNIT =
  /^-?\d+(?:\.\d+)? ?(?:%(?: ?RH)?|°[CF]?|℃|℉|[munkM]?[VAW]|VA|var|[kM]?Wh|[kMG]?Hz|pp[mb]|[hkm]?Pa|m?bar|inHg|[ckm]?m|m\/s|km\/h|mph|lx|lux|dBm?|rpm|m?s|min|kg|[mµ]?g(?:\/m[3³])?|[µu]g\/m[3³]|m?[lL]|m[23²³]|K|Ω)$/;

/** Numbers with a comma for the point, wherever they have one. */
function haveCommas(values: readonly unknown[]): boolean {
  return (
    values.some((value) => typeof value === 'string' && /^-?\d+,\d+$/.test(value)) &&
    values.every((value) => value === '' || (typeof value === 'string' && /^-?\d+(?:,\d+)?$/.test(value)))
  );
}

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

/** What has numbers and no time is of when it arrives. */
function partsWithoutTime(objects: readonly object[]): TimedParts | undefined {
  const leaves = leavesOf(objects, objects.length);
  const hasNumbers = [...leaves.values()].some((values) => values.every(isNumeric));
  if (!hasNumbers && namedValueListIn(objects[0]) === undefined) return undefined;
  const doubt =
    'time: nothing looks like one, so it is when the record arrives; for a file, --at TIME says when that was';
  return { list: undefined, leaves, time: { definition: '@arrival', paths: [], doubts: [doubt] } };
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
  leaves: Leaves,
): readonly string[] {
  if (list !== undefined) return [pathOf(list)];
  const known = [...(source === undefined ? [] : [source]), ...times.slice(0, 1)];
  return known.length > 0 ? known : [...leaves.keys()].slice(0, 3);
}

function pathOf(names: readonly string[]): string {
  return names.map(pathStep).join('').replace(/^\./, '');
}

const SOURCE_NAMES = [
  /^(?:dev_?eui|eui|imei|vin|mac(?:_?addr(?:ess)?)?|unique_?id|passkey)$/i,
  /^(?:device|sensor|node|thing|client|station|machine|meter|player|vehicle|asset|gateway)[_-]?(?:id|name|eui|key)?$/i,
  /(?:device|sensor|node|thing|client|station|machine|player|vehicle)[_-]?(?:id|name|eui)$/i,
  /^(?:source|src|host|hostname|serial|sn|did|tid|sender|dev_?id|core_?id|entity_?id|ref_?id|_id_|(?:gw|ap)_?mac)$/i,
  /^(?:topic|name|user|location|site)$/i,
];
const ID_NAMES = [
  /(?:message|event|msg|packet|deduplication)_?-?(?:id|uuid)$/i,
  /^_?(?:id|uuid|msgid|seq|sequence|fcnt|f_cnt|counter)$/i,
];
const TIME_NAMES = [
  /^(?:timestamp|time|datetime|date_time|ts|tst|_time)$/i,
  /(?:time|timestamp|date|_at|ts|_changed|_seen|_fired)$/i,
  /(?:time|datum|zeit|fecha|hora|heure)/i,
  /date|^dt$|^clock$|epoch|At$/,
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
  return timeByLook(leaves);
}

/** Whatever it is called, if no other looks like one. */
function timeByLook(leaves: Leaves): TimeGuess | undefined {
  for (const [path, values] of leaves) {
    if (NAMES_SOMETHING.test(lastName(path))) continue;
    const found = formatOf(values);
    if (found === undefined) continue;
    const doubts = [`${path} looks like one and is not called so`, ...found.doubts];
    return {
      definition: { path, ...found.format },
      paths: [path],
      doubts: doubts.map((doubt) => `time: ${doubt}`),
    };
  }
  return undefined;
}

/** Two columns, one with the date and one with the time of day. */
function guessDateAndTime(leaves: Leaves): TimeGuess | undefined {
  const date = [...leaves].find(
    ([path, values]) =>
      /date|datum|fecha/i.test(path) &&
      values.every((value) => typeof value === 'string' && DATE.test(value)),
  );
  const time = [...leaves].find(
    ([path, values]) =>
      /time|zeit|hora|heure/i.test(path) &&
      values.every(
        (value) => typeof value === 'string' && /^\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?$/.test(value),
      ),
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
const LOCAL = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}):\d\d(:\d\d)?( ?[AaPp][Mm])?)?$/;

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
  const [, , separator = '/', , , hour, seconds, half] = first;
  const dayFirst = matches.some((match) => Number(match?.[1]) > 12);
  const monthFirst = matches.some((match) => Number(match?.[3]) > 12);
  if (dayFirst && monthFirst) return undefined;
  const date = monthFirst ? ['M', 'd'] : ['d', 'M'];
  const hours = half === undefined ? 'H' : 'h';
  const clock = hour === undefined ? '' : ` ${hours}:mm${seconds === undefined ? '' : ':ss'}`;
  const as = `${date.join(separator)}${separator}yyyy${clock}${half === undefined ? '' : `${half.startsWith(' ') ? ' ' : ''}a`}`;
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
        if (canBeNamed(name)) visit(member, `${path}${pathStep(name)}`, depth + 1);
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
    if (!canBeNamed(name)) continue;
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
