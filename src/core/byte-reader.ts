// Reads what a ByteWriter wrote. Bytes that no writer writes are refused, saying where and what was expected.
import { POWERS_OF_TEN } from './decimal-places.ts';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether everything has been read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#next('a byte', this.#at);
  }

  varint(): number {
    return this.#varint('a whole number', this.#at);
  }

  signed(): number {
    const start = this.#at;
    const first = this.#next('a whole number with a sign', start);
    let magnitude = (first & 0x7f) >> 1;
    if (first >= 0x80) magnitude += this.#varint('a whole number with a sign', start) * 0x40;
    if (magnitude > Number.MAX_SAFE_INTEGER)
      throw malformed('a whole number with a sign, to ±(2^53 − 1)', start, 'more');
    return (first & 1) === 0 ? magnitude : -1 - magnitude;
  }

  number(): number {
    const start = this.#at;
    const code = this.#varint('a number', start);
    const places = code % 8;
    const rest = Math.floor(code / 8);
    if (places === 7) return this.#double(rest, start);
    const digits = rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
    return places === 0 ? digits : digits / (POWERS_OF_TEN[places] ?? 1);
  }

  text(): string {
    const start = this.#at;
    const length = this.#length('a text', start);
    const bytes = this.#bytes;
    const end = this.#at + length;
    if (length > SHORT_TEXT) return this.#decode(end, start);
    let text = '';
    for (let at = this.#at; at < end; at += 1) {
      const code = bytes[at] ?? 0;
      if (code >= 0x80) return this.#decode(end, start);
      text += String.fromCharCode(code);
    }
    this.#at = end;
    return text;
  }

  /** A view of the input, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length('bytes', this.#at);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #next(expected: string, start: number): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed(expected, start, `the end at ${this.#bytes.length}`);
    this.#at += 1;
    return byte;
  }

  #varint(expected: string, start: number): number {
    let byte = this.#next(expected, start);
    if (byte < 0x80) return byte;
    let n = byte & 0x7f;
    let unit = 0x80;
    do {
      byte = this.#next(expected, start);
      n += (byte & 0x7f) * unit;
      unit *= 0x80;
      if (n > Number.MAX_SAFE_INTEGER || unit > MAX_UNIT)
        throw malformed(`${expected}, to 2^53 − 1`, start, 'more');
    } while (byte >= 0x80);
    return n;
  }

  #length(expected: string, start: number): number {
    const length = this.#varint(`the length of ${expected}`, start);
    const left = this.#bytes.length - this.#at;
    if (length > left) throw malformed(`${expected} of ${length} bytes`, start, `the end after ${left}`);
    return length;
  }

  #double(kept: number, start: number): number {
    if (kept < 1 || kept > 8) throw malformed('a number of 1 to 8 bytes', start, `the length ${kept}`);
    const at = this.#at;
    if (at + kept > this.#bytes.length)
      throw malformed(`a number of ${kept} bytes`, start, `the end at ${this.#bytes.length}`);
    this.#at += kept;
    if (kept === 8) return this.#noNaN(this.#view.getFloat64(at), start);
    for (let byte = 0; byte < 8; byte += 1)
      SCRATCH.setUint8(byte, byte < kept ? this.#view.getUint8(at + byte) : 0);
    return this.#noNaN(SCRATCH.getFloat64(0), start);
  }

  #noNaN(x: number, start: number): number {
    if (Number.isNaN(x)) throw malformed('a number', start, 'NaN');
    return x;
  }

  #decode(end: number, start: number): string {
    try {
      const text = DECODER.decode(this.#bytes.subarray(this.#at, end));
      this.#at = end;
      return text;
    } catch (cause) {
      throw malformed('a text in UTF-8', start, 'other bytes', cause);
    }
  }
}

/** Longer texts use the decoder, whose call costs as much as decoding this many letters here. */
const SHORT_TEXT = 40;

/** A varint has 8 bytes at most. */
const MAX_UNIT = 2 ** 56;

/** Filled and read within one call. */
const SCRATCH = new DataView(new ArrayBuffer(8));

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(expected: string, offset: number, found: string, cause?: unknown): Error {
  return new Error(`bytes at offset ${offset}: expected ${expected}, found ${found}`, { cause });
}
