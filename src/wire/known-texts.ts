// Sources and tags come again and again: one that has come before costs a comparison here, and no new text.

const SLOTS = 8_192;
/** Longer texts are created each time. */
const SLOT_BYTES = 64;

/** Bounded: a text takes the place of another one that had its slot. */
export class KnownTexts {
  readonly #texts = new Array<string>(SLOTS).fill('');
  readonly #bytes = new Uint8Array(SLOTS * SLOT_BYTES);

  /** The text of the ASCII bytes from `start` to `end`; `hash` is any number that they alone decide. */
  textOf(from: Buffer, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    const known = this.#texts[slot] ?? '';
    if (known.length === end - start) {
      const bytes = this.#bytes;
      const shift = slot * SLOT_BYTES - start;
      let at = start;
      while (at < end && bytes[shift + at] === from[at]) at += 1;
      if (at === end) return known;
    }
    return this.#learn(from.subarray(start, end), slot);
  }

  #learn(bytes: Buffer, slot: number): string {
    const text = bytes.toString('latin1');
    if (bytes.length > SLOT_BYTES) return text;
    this.#bytes.set(bytes, slot * SLOT_BYTES);
    this.#texts[slot] = text;
    return text;
  }
}
