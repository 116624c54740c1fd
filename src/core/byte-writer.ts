// Values to bytes, compactly and exactly: whole numbers as LEB128 varints, doubles by what they hold, texts as UTF-8.

/**
 * Grows as it is written to; `finish` hands out a copy and begins anew, so that one writer serves many texts and no
 * call allocates. What is written carries no types: the reader asks for the same values in the same order.
 */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Forgets what was written since the last `finish`: a writer that is shared may hold what somebody left unfinished. */
  clear(): void {
    this.#at = 0;
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
   * A double that is not NaN, to the last bit. Whole numbers and decimals of up to six places become the varint of
   * `zigzag(digits) · 8 + places`, which is 1 to 4 bytes for up to seven digits. All others are a byte `n · 8 + 7` and the first `n` bytes of the double,
   * the rest being zero: short for the low parts of an exact sum, which have few bits, and 9 bytes at most.
   */
  number(x: number): void {
    this.#reserve(9);
    const magnitude = Math.abs(x);
    if (magnitude < MAX_DECIMAL) {
      const millionths = Math.floor(magnitude * 1e6 + 0.5);
      if (millionths / 1e6 === magnitude && (x !== 0 || !Object.is(x, -0))) this.#putDecimal(x, magnitude);
      else this.#putDouble(x);
    } else if (magnitude < MAX_WHOLE && Math.floor(magnitude) === magnitude) this.#putVarint(zigzagOf(x) * 8);
    else this.#putDouble(x);
  }

  /** A text that is well-formed Unicode, as the number of its UTF-8 bytes and those. */
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

  /** A copy of all that was written since the last time; the writer is empty then. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#at);
    this.#at = 0;
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

  #putDecimal(x: number, magnitude: number): void {
    let places = 0;
    let power = 1;
    let digits = Math.floor(magnitude + 0.5);
    while (digits / power !== magnitude) {
      places += 1;
      power *= 10;
      digits = Math.floor(magnitude * power + 0.5);
    }
    if (digits < MAX_DIGITS) this.#putVarint(zigzagOf(x < 0 ? -digits : digits) * 8 + places);
    else this.#putDouble(x);
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
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Below it, multiplying by a million is right to a quarter of a unit: rounding then finds the digits there are. */
const MAX_DECIMAL = 2 ** 51 / 1e6;
/** With sign and places still a number that is exact. */
const MAX_DIGITS = 2 ** 49;
/** Greater whole numbers are no shorter as a varint. */
const MAX_WHOLE = 2 ** 45;

const ENCODER = new TextEncoder();

function zigzagOf(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n;
}
