// Ids with their event times, in a compact form. A whole number (most ids are counters) is kept as that number, any other text as
// 64 bits of its hash. A device that counts its readings and takes them at a steady pace needs one segment for all.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { FoldedInto } from './folded-into.ts';
import { hashText } from './text-hash.ts';

/** An id as it is remembered. `7` and `"7"` are the same. */
export interface IdKey {
  /** Set if the id is a whole number of at most 15 digits. */
  readonly number: number | undefined;
  /** 32 bits each: of the hash, or of the number. */
  readonly high: number;
  readonly low: number;
}

/** A run of whole numbers, each one greater and `step` later than the one before; or a single id. */
interface Segment {
  readonly key: IdKey;
  count: number;
  readonly time: EpochMs;
  step: number;
  readonly folded: FoldedInto;
}

type Run = Readonly<Pick<Segment, 'count' | 'time' | 'step' | 'folded'>> & { readonly number: number };

/** Whole numbers that follow each other, and the event time of the first. */
export type IdRun = Omit<Run, 'folded'>;

/** Called for each event that an id was applied with. */
export type Occasion = (time: EpochMs, folded: FoldedInto) => boolean;

export class IdSegments {
  #segments: Segment[] = [];
  /** An upper limit of the bytes: it depends only on the ids, in the order they came. */
  bytes = 0;
  least: EpochMs = Number.POSITIVE_INFINITY;
  greatest: EpochMs = Number.NEGATIVE_INFINITY;
  /** Greatest id that is a whole number; -1 if there is none. */
  greatestNumber = -1;
  readonly #byLow = new Map<number, Segment[]>();
  /** Runs are few, and are searched linearly. */
  #runs: Segment[] = [];

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  add(key: IdKey, time: EpochMs, folded: FoldedInto): void {
    if (key.number !== undefined && this.extendRun(key.number, time, folded)) return;
    this.#cover(key.number, time);
    const last = this.#segments.at(-1);
    const segment: Segment = { key, count: 1, time, step: 0, folded };
    if (last === undefined || last.folded !== folded) this.bytes += FOLDED_BYTES;
    this.bytes += key.number === undefined ? TEXT_BYTES : NUMBER_BYTES;
    this.#segments.push(segment);
    const known = this.#byLow.get(key.low);
    if (known === undefined) this.#byLow.set(key.low, [segment]);
    else known.push(segment);
  }

  /** Adds the number if it continues the last run at its pace, which allocates nothing. False: it does not continue it. */
  extendRun(number: number, time: EpochMs, folded: FoldedInto): boolean {
    const last = this.#segments[this.#segments.length - 1];
    if (last === undefined || folded !== last.folded) return false;
    const first = last.key.number;
    if (first === undefined || number !== first + last.count) return false;
    if (last.count === 1) {
      last.step = time - last.time;
      this.bytes += RUN_BYTES;
      this.#runs.push(last);
    } else if (time !== last.time + last.step * last.count) return false;
    last.count += 1;
    this.#cover(number, time);
    return true;
  }

  /** The same as adding each number of the run, in constant time if only the first two numbers have to be looked at. */
  #addRun({ number, count, time, step, folded }: Run): void {
    this.add(numberKey(number), time, folded);
    if (count === 1) return;
    this.add(numberKey(number + 1), time + step, folded);
    const last = this.#segments.at(-1);
    const goesOn = last !== undefined && last.step === step && last.count > 1;
    if (goesOn) last.count += count - 2;
    else for (let at = 2; at < count; at += 1) this.add(numberKey(number + at), time + at * step, folded);
    this.#cover(number + count - 1, time + (count - 1) * step);
  }

  /** Whether the id has been applied at an event for which `is` is true. */
  some({ number, high, low }: IdKey, is: Occasion): boolean {
    if (number !== undefined && number > this.greatestNumber) return false;
    for (const { key, time, folded } of this.#byLow.get(low) ?? NONE) {
      if (key.high === high && (key.number === undefined) === (number === undefined) && is(time, folded))
        return true;
    }
    if (number === undefined) return false;
    for (const { key, count, time, step, folded } of this.#runs) {
      const at = number - (key.number ?? 0);
      if (at > 0 && at < count && is(time + at * step, folded)) return true;
    }
    return false;
  }

  /** Without the ids that are no longer of use. */
  keeping(isOfUse: Occasion): IdSegments {
    const kept = new IdSegments();
    this.each((key, time, folded) => {
      if (isOfUse(time, folded)) kept.add(key, time, folded);
    });
    return kept;
  }

  /** In the order they came. */
  each(take: (key: IdKey, time: EpochMs, folded: FoldedInto) => void): void {
    for (const { key, count, time, step, folded } of this.#segments) {
      for (let at = 0; at < count; at += 1)
        take(at === 0 ? key : numberKey((key.number ?? 0) + at), time + at * step, folded);
    }
  }

  /** The ids that are whole numbers, in the order they came. */
  eachRun(take: (run: IdRun) => void): void {
    for (const { key, count, time, step } of this.#segments)
      if (key.number !== undefined) take({ number: key.number, count, time, step });
  }

  encode(writer: ByteWriter): void {
    let lastTime = 0;
    let lastNumber = -1;
    let lastFolded = 0;
    writer.varint(this.#segments.length);
    for (const { key, count, time, step, folded } of this.#segments) {
      const { number } = key;
      const isFoldedElsewhere = folded !== lastFolded;
      writeStep(
        writer,
        time - lastTime,
        (number === undefined ? 0 : IS_NUMBER) + (isFoldedElsewhere ? HAS_FOLDED : 0),
      );
      if (isFoldedElsewhere) writer.varint(folded);
      if (number === undefined) {
        writeBits(writer, key.high);
        writeBits(writer, key.low);
      } else {
        writer.varint((number === lastNumber + 1 ? 0 : number + 1) * 2 + (count > 1 ? IS_RUN : 0));
        if (count > 1) {
          writer.varint(count);
          writer.signed(step);
        }
        lastNumber = number + count - 1;
      }
      lastTime = time + (count - 1) * step;
      lastFolded = folded;
    }
  }

  /** `asNow` translates the bits of `folded` to the present pipeline. */
  static decode(reader: ByteReader, asNow: (folded: FoldedInto) => FoldedInto): IdSegments {
    const ids = new IdSegments();
    let lastTime = 0;
    let lastNumber = -1;
    let folded = asNow(0);
    for (let left = reader.varint(); left > 0; left -= 1) {
      const { step: sinceLast, flags } = readStep(reader);
      if ((flags & HAS_FOLDED) !== 0) folded = asNow(reader.varint());
      const time = lastTime + sinceLast;
      if ((flags & IS_NUMBER) === 0) {
        ids.add({ number: undefined, high: readBits(reader), low: readBits(reader) }, time, folded);
        lastTime = time;
        continue;
      }
      const code = reader.varint();
      const number = code < 2 ? lastNumber + 1 : Math.floor(code / 2) - 1;
      const count = code % 2 === IS_RUN ? reader.varint() : 1;
      const step = code % 2 === IS_RUN ? reader.signed() : 0;
      ids.#addRun({ number, count, time, step, folded });
      lastNumber = number + count - 1;
      lastTime = time + (count - 1) * step;
    }
    return ids;
  }

  #cover(number: number | undefined, time: EpochMs): void {
    if (time < this.least) this.least = time;
    if (time > this.greatest) this.greatest = time;
    if (number !== undefined && number > this.greatestNumber) this.greatestNumber = number;
  }
}

const NONE: readonly Segment[] = [];

/** A segment begins with the time since the one before, and these. */
const IS_NUMBER = 1;
const HAS_FOLDED = 2;
/** Beside the number. */
const IS_RUN = 1;

/** Larger ones follow separately. */
const MAX_STEP = 2 ** 40;

function writeStep(writer: ByteWriter, step: number, flags: number): void {
  const isLarge = Math.abs(step) >= MAX_STEP;
  writer.varint((isLarge ? 0 : zigzag(step) + 1) * 4 + flags);
  if (isLarge) writer.signed(step);
}

function readStep(reader: ByteReader): { readonly step: number; readonly flags: number } {
  const code = reader.varint();
  const value = Math.floor(code / 4) - 1;
  const step = value < 0 ? reader.signed() : value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  return { step, flags: code % 4 };
}

function zigzag(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n;
}

/** 64 bits, and at most two bytes if the one before is at most two seconds away. */
const TEXT_BYTES = 11;
const NUMBER_BYTES = 8;
const RUN_BYTES = 6;
const FOLDED_BYTES = 3;

export function idKey(id: string | number): IdKey {
  const number = typeof id === 'number' ? id : wholeNumberOf(id);
  if (number !== undefined && isKeptAsNumber(number)) return numberKey(number);
  const { high, low } = hashText(String(id));
  return { number: undefined, high, low };
}

export function isKeptAsNumber(number: number): boolean {
  return number >= 0 && number < TOO_LONG;
}

function numberKey(number: number): IdKey {
  return { number, high: Math.floor(number / 2 ** 32), low: number >>> 0 };
}

/** Up to so many digits every whole number is safe. */
const MAX_DIGITS = 15;
const TOO_LONG = 10 ** MAX_DIGITS;

/** The whole number that a text writes in decimal digits; undefined for any other text. */
function wholeNumberOf(id: string): number | undefined {
  const length = id.length;
  if (length === 0 || length > MAX_DIGITS || (length > 1 && id.charCodeAt(0) === DIGIT_0)) return undefined;
  let number = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = id.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

const DIGIT_0 = 0x30;

function writeBits(writer: ByteWriter, bits: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) writer.byte((bits >>> shift) & 0xff);
}

function readBits(reader: ByteReader): number {
  let bits = 0;
  for (let at = 0; at < 4; at += 1) bits = bits * 256 + reader.byte();
  return bits;
}
