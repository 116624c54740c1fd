// Values to bytes, compactly and exactly: whole numbers as LEB128 varints, doubles by what they hold, texts as UTF-8.
import { decimalDigits, decimalPlaces } from './decimal-places.ts';

/**
 * One writer serves many states: `finish` returns a part of the writer's buffer, which continues after it. Allocating a buffer for
 * each state would take longer than filling it. The bytes carry no types: the reader must ask for the same values in the same
 * order.
 */
export class ByteWriter {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #at = 0;

  /** Discards what an error left unfinished. */
  clear(): void {
    this.#at = this.#start;
  }

  /** A whole number of 0 to 255. */
  byte(n: number): void {
    if ((n & 0xff) !== n) throw new RangeError(`found ${n} where a byte, 0 to 255, is to be written`);
    this.#reserve(1);
    this.#bytes[this.#at] = n;
    this.#at += 1;
  }

  /** A whole number of 0 to 2^53 − 1, seven bits a byte, the lowest first. */
  varint(n: number): void {
    if (!(n >= 0 && Number.isSafeInteger(n)))
      throw new RangeError(`found ${n} where a whole number of 0 to 2^53 − 1 is to be written`);
    this.#reserve(8);
    this.#putVarint(n);
  }

  /** A whole number of −(2^53 − 1) to 2^53 − 1: zigzag, so that small ones of either sign are short. */
  signed(n: number): void {
    if (!Number.isSafeInteger(n))
      throw new RangeError(`found ${n} where a whole number of ±(2^53 − 1) is to be written`);
    this.#reserve(9);
    const sign = n < 0 ? 1 : 0;
    const magnitude = n < 0 ? -1 - n : n;
    if (magnitude < 0x40) {
      this.#bytes[this.#at] = magnitude * 2 + sign;
      this.#at += 1;
      return;
    }
    // The sign and the six lowest bits first: twice the magnitude need not be a safe integer.
    this.#bytes[this.#at] = 0x80 | ((magnitude % 0x40) * 2 + sign);
    this.#at += 1;
    this.#putVarint(Math.floor(magnitude / 0x40));
  }

  /**
   * A double that is not NaN, exactly. Whole numbers and decimals of up to six places become the varint of `zigzag(digits) · 8 +
   * places`, which is 1 to 4 bytes for up to seven digits. Others become a byte `n · 8 + 7` and the first `n` bytes of the double,
   * the rest being zero: short for the low parts of an exact sum, which have few bits, and 9 bytes at most.
   */
  number(x: number): void {
    this.#reserve(9);
    const places = decimalPlaces(x);
    const digits = places === undefined || Object.is(x, -0) ? MAX_DIGITS : decimalDigits(x, places);
    if (Math.abs(digits) >= MAX_DIGITS) this.#putDouble(x);
    else this.#putVarint(zigzagOf(digits) * 8 + (places ?? 0));
  }

  /** A well-formed Unicode text: the number of its UTF-8 bytes, then the bytes. */
  text(s: string): void {
    const length = s.length;
    this.#reserve(8 + length * 3);
    const bytes = this.#bytes;
    const start = this.#at;
    this.#putVarint(length);
    let at = this.#at;
    for (let read = 0; read < length; read += 1) {
      const code = s.charCodeAt(read);
      if (code >= 0x80) {
        this.#at = start;
        this.#putUnicode(s);
        return;
      }
      bytes[at] = code;
      at += 1;
    }
    this.#at = at;
  }

  /** Their number and the bytes. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(8 + bytes.length);
    this.#putVarint(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** All that was written since the last call. It never changes, but it keeps its buffer alive: copy it to keep it long. */
  finish(): Uint8Array {
    const written = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return written;
  }

  /** Room for the varint must be reserved. */
  #putVarint(n: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let left = n;
    // Bit operations hold 32 bits.
    while (left > 0x7fff_ffff) {
      bytes[at] = (left % 0x80) | 0x80;
      at += 1;
      left = Math.floor(left / 0x80);
    }
    while (left > 0x7f) {
      bytes[at] = (left & 0x7f) | 0x80;
      at += 1;
      left >>>= 7;
    }
    bytes[at] = left;
    this.#at = at + 1;
  }

  #putDouble(x: number): void {
    if (Number.isNaN(x)) throw new RangeError('found NaN where a number is to be written');
    this.#view.setFloat64(this.#at + 1, x);
    let kept = 8;
    while (kept > 0 && this.#bytes[this.#at + kept] === 0) kept -= 1;
    this.#bytes[this.#at] = kept * 8 + 7;
    this.#at += 1 + kept;
  }

  #putUnicode(s: string): void {
    if (!s.isWellFormed())
      throw new RangeError(`found a lone surrogate in a text to be written: ${JSON.stringify(s)}`);
    this.bytes(ENCODER.encode(s));
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const kept = this.#bytes.subarray(this.#start, this.#at);
    this.#bytes = new Uint8Array(Math.max(BUFFER_BYTES, (kept.length + length) * 2));
    this.#bytes.set(kept);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = kept.length;
    this.#start = 0;
  }
}

/** Room for some dozens of states, so that allocating it is a small part of writing them. */
const BUFFER_BYTES = 16_384;

/** Numbers with more digits are not shorter as a varint. */
const MAX_DIGITS = 2 ** 45;

const ENCODER = new TextEncoder();

function zigzagOf(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n;
}
