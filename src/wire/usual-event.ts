// The short way for the usual record: one event as plain JSON in ASCII. It is read and checked in one pass over its
// bytes, in two thirds of the time of parsing first and checking then. Whatever is not plainly a valid event is left to the long
// way, which alone refuses: an event read here is the one that would have been read there.
import type { TelemetryEvent } from '../core/event.ts';
import { EVENT_LIMITS } from '../core/event-limits.ts';
import { isId, isName, isSource, isTag, isTime, isType } from '../core/event-rules.ts';
import type { Shape } from '../core/shape/shape.ts';
import { completeEvent } from '../core/validate-event.ts';
import {
  hasMembers,
  hasNextMember,
  QUOTE,
  type TokenCursor,
  takeName,
  takeNewText,
  takeNumber,
  takeNumberOrWord,
  takeText,
} from './json-tokens.ts';
import { KnownNames, NAME_SLACK_BYTES } from './known-names.ts';
import { KnownTexts } from './known-texts.ts';
import { flatShapeOf } from './shapes/flat-shape.ts';
import { FlatReader } from './shapes/read-flat.ts';
import type { Shaping } from './shapes/shaping.ts';

/** Larger records are not usual. */
const MAX_BYTES = 16 * 1024;
const MAX_BASE64_LENGTH = (MAX_BYTES / 3) * 4;
/** How base64 begins for data that begins with `{`. */
const BRACE_IN_BASE64 = 'e';

export class UsualEventReader {
  readonly #cursor: TokenCursor;
  /** Those it has read last, and what reads flat documents by them. */
  #shapes: readonly Shape[] | undefined;
  #flat: FlatReader | undefined;
  /** What is tried first: the form of the record before. */
  #wasFlat = false;

  constructor() {
    const bytes = Buffer.alloc(MAX_BYTES + 1 + NAME_SLACK_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#cursor = {
      bytes,
      view,
      names: new KnownNames(),
      texts: new KnownTexts(),
      at: 0,
      isUsual: true,
      hasFlag: false,
    };
  }

  /**
   * The one event that the base64 `data` holds; undefined when that is not plain to see. `flags`: whether true and false are numbers and
   * nothing else; where they may be states they are not plain. With `shaping` the event may be a flat document by its first shape.
   */
  read(data: string, flags = true, shaping?: Shaping): TelemetryEvent | undefined {
    const length = unpackBase64(data, this.#cursor.bytes);
    if (length === undefined) return undefined;
    if (shaping === undefined) return this.#readOwn(length, flags);
    const flat = this.#flatReader(shaping);
    // An event in its own form is none of a flat document, so that either may be tried first.
    const first = this.#wasFlat ? flat?.read(this.#cursor, length, shaping) : this.#readOwn(length, flags);
    if (first !== undefined || flat === undefined) return first;
    this.#wasFlat = !this.#wasFlat;
    return this.#wasFlat ? flat.read(this.#cursor, length, shaping) : this.#readOwn(length, flags);
  }

  #readOwn(length: number, flags: boolean): TelemetryEvent | undefined {
    const event = readEvent(this.#cursor, length);
    return flags || !this.#cursor.hasFlag ? event : undefined;
  }

  /** undefined where states are asked for, where a source is stated beside the document, or the first shape looks deeper. */
  #flatReader({ shapes, states, record }: Shaping): FlatReader | undefined {
    if (states !== undefined || record.statedSource !== undefined) {
      this.#wasFlat = false;
      return undefined;
    }
    if (shapes === this.#shapes) return this.#flat;
    this.#shapes = shapes;
    const shape = flatShapeOf(shapes);
    // Other shapes may hold for each record, and the same one be first.
    if (shape !== this.#flat?.shape) this.#flat = shape === undefined ? undefined : new FlatReader(shape);
    if (this.#flat === undefined) this.#wasFlat = false;
    return this.#flat;
  }
}

/** Gives the number of bytes; undefined for base64 that is not whole, or not of an event of usual size. */
function unpackBase64(data: string, into: Buffer): number | undefined {
  const { length } = data;
  if (data[0] !== BRACE_IN_BASE64 || length % 4 !== 0 || length > MAX_BASE64_LENGTH) return undefined;
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  const bytes = into.write(data, 0, 'base64');
  into[bytes] = 0;
  return bytes === (length / 4) * 3 - padding ? bytes : undefined;
}

function readEvent(cursor: TokenCursor, length: number): TelemetryEvent | undefined {
  let source: string | undefined;
  let id: string | number | undefined;
  let type: string | undefined;
  let time: number | undefined;
  let values: Readonly<Record<string, number>> | undefined;
  let tags: Readonly<Record<string, string>> | undefined;
  cursor.at = 0;
  cursor.isUsual = true;
  cursor.hasFlag = false;
  if (!hasMembers(cursor)) return undefined;
  do {
    const name = takeName(cursor);
    // Where several members have the same name the last counts, as it does for JSON.parse.
    if (name === 'source') source = takeText(cursor);
    else if (name === 'id') id = takeId(cursor);
    else if (name === 'time') time = takeNumber(cursor);
    else if (name === 'values') values = takeValues(cursor);
    else if (name === 'tags') tags = takeTags(cursor);
    else if (name === 'type') type = takeText(cursor);
    else return undefined;
  } while (hasNextMember(cursor));
  if (!cursor.isUsual || cursor.at !== length) return undefined;
  if (!isSource(source, true) || (type !== undefined && !isType(type, false))) return undefined;
  if (id !== undefined && !isId(id, false)) return undefined;
  if (!isTime(time)) return undefined;
  return completeEvent({ source, id, type, time, values, tags });
}

function takeId(cursor: TokenCursor): string | number {
  return cursor.bytes[cursor.at] === QUOTE ? takeNewText(cursor) : takeNumber(cursor);
}

function takeValues(cursor: TokenCursor): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  let absent: string[] | undefined;
  if (!hasMembers(cursor)) return values;
  let entries = 0;
  do {
    const name = takeName(cursor);
    const value = takeNumberOrWord(cursor);
    entries += 1;
    if (entries > EVENT_LIMITS.values || !isPlainName(name, EVENT_LIMITS.valueNameLength))
      cursor.isUsual = false;
    // Where two members have the same name the last counts, in the place of the first: not where one of them is absent.
    else if (value === undefined ? name in values : absent?.includes(name) === true) cursor.isUsual = false;
    else if (value !== undefined) values[name] = value;
    else absent = [...(absent ?? []), name];
  } while (hasNextMember(cursor));
  return values;
}

function takeTags(cursor: TokenCursor): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  if (!hasMembers(cursor)) return tags;
  let entries = 0;
  do {
    const name = takeName(cursor);
    const tag = takeText(cursor);
    entries += 1;
    const isUsual = entries <= EVENT_LIMITS.tags && isPlainName(name, EVENT_LIMITS.tagNameLength);
    if (!isUsual || !isTag(tag, false)) cursor.isUsual = false;
    else tags[name] = tag;
  } while (hasNextMember(cursor));
  return tags;
}

/** `__proto__` is not taken: assigning to it makes no entry. */
function isPlainName(name: string, max: number): boolean {
  return isName(name, max, false) && name !== '__proto__';
}
