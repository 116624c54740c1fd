// Opens what is packed in a document, in place: JSON in a text, base64, gzip, lists of keys and values, DynamoDB's JSON.
import { gunzipSync, inflateSync } from 'node:zlib';
import type { Opening } from '../../core/shape/shape.ts';
import type { OpenStep } from '../../core/shape/shape-definition.ts';
import type { PathStep } from '../../core/shape/shape-path.ts';
import { holdsTooManyContainers } from '../container-bound.ts';
import { utf8Text } from '../utf8-text.ts';
import { memberOf, membersOf } from './find.ts';
import { parseExactly } from './parse-exactly.ts';
import { plainAttribute } from './plain-attribute.ts';
import type { Scope } from './scope.ts';
import type { Notes } from './take-values.ts';

/** What one opened text may unpack to. */
const MAX_OPENED_BYTES = 4 * 1024 * 1024;
/** Places opened for one entry of `open` in one document or part. */
const MAX_OPENED_PLACES = 2_000;

/** Changes the document in place: the caller must hold the only reference. What cannot be opened stays as it is, and is counted. */
export function openPlaces(openings: readonly Opening[], scope: Scope, notes: Notes): void {
  for (const { path, steps } of openings) {
    const start = path.from === 'document' ? scope.document : scope.value;
    const budget = { left: MAX_OPENED_PLACES };
    openAt(start, path.steps, 0, { steps, notes, place: path.text, budget });
  }
}

interface Task {
  readonly steps: readonly OpenStep[];
  readonly notes: Notes;
  readonly place: string;
  readonly budget: { left: number };
}

function openAt(container: unknown, path: readonly PathStep[], at: number, task: Task): void {
  const step = path[at];
  if (step === undefined || typeof container !== 'object' || container === null) return;
  const keys =
    step.kind === 'every'
      ? [...membersOf(container)].map(([key]) => key)
      : [step.kind === 'name' ? step.name : step.index];
  for (const key of keys) {
    const found = memberOf(container, key);
    if (found === undefined || task.budget.left <= 0) continue;
    task.budget.left -= 1;
    if (at + 1 < path.length) openAt(found, path, at + 1, task);
    else replace(container, key, openOne(found, task));
  }
}

function openOne(found: unknown, { steps, notes, place }: Task): unknown {
  let value = found;
  for (const step of steps) {
    const opened = OPENERS[step](value);
    if (opened === undefined) {
      notes.skipped.add(notes.shape, place, 'not opened');
      return found;
    }
    value = opened;
  }
  return Buffer.isBuffer(value) ? (utf8Text(value) ?? found) : value;
}

/** undefined where the value is not of that kind. */
const OPENERS: Readonly<Record<OpenStep, (value: unknown) => unknown>> = {
  json: (value) => (typeof value === 'string' || Buffer.isBuffer(value) ? parseText(value) : value),
  base64: (value) =>
    typeof value === 'string' && BASE64.test(value) ? Buffer.from(value, 'base64') : undefined,
  gzip: (value) => unpacked(value, gunzipSync),
  zlib: (value) => unpacked(value, inflateSync),
  pairs: objectOfPairs,
  dynamodb: (value) => plainAttribute({ M: value }),
};

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function parseText(value: string | Buffer): unknown {
  const text = typeof value === 'string' ? value : utf8Text(value);
  if (text === undefined || !/^\s*[[{"\d-]/.test(text) || holdsTooManyContainers(text)) return undefined;
  try {
    return parseExactly(text).value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function unpacked(
  value: unknown,
  unpack: (data: Buffer, options: { maxOutputLength: number }) => Buffer,
): Buffer | undefined {
  if (!Buffer.isBuffer(value)) return undefined;
  try {
    return unpack(value, { maxOutputLength: MAX_OPENED_BYTES });
  } catch (error) {
    // zlib's own errors have codes: damaged, cut short, or larger than allowed.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

const KEYS = ['key', 'name', 'n', 'k', 'Name', 'value_type'];
const VALUES = ['value', 'v', 'Value'];

/** `[{"key": "a", "value": {"stringValue": "x"}}]` as `{"a": "x"}`: a value in an object that names its kind is that value. */
function objectOfPairs(value: unknown): unknown {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? value : undefined;
  const pairs = value.slice(0, MAX_OPENED_PLACES).flatMap((pair) => {
    const name = KEYS.map((key) => memberOf(pair, key)).find((found) => typeof found === 'string');
    const found = VALUES.map((key) => memberOf(pair, key)).find((one) => one !== undefined);
    return typeof name === 'string' ? [[name, valueIn(found)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** `{"intValue": "2"}` names its kind. */
function valueIn(found: unknown): unknown {
  if (typeof found !== 'object' || found === null) return found;
  const [member, ...others] = Object.entries(found);
  return member !== undefined && others.length === 0 && /value$/i.test(member[0]) ? member[1] : found;
}

/** As an own member, whatever its name. */
function replace(container: object, key: string | number, value: unknown): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}
