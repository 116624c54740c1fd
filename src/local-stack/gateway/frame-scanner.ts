// Scans a WebSocket's frames as their bytes arrive, and reports the first that is too long.

/** A frame's header: two bytes, then up to eight of length and four of a mask. */
const MAX_HEADER = 14;

export class FrameScanner {
  readonly #limitBytes: number;
  readonly #header = Buffer.alloc(MAX_HEADER);
  #have = 0;
  /** Bytes still to come of a payload whose header was read. */
  #payload = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True: a frame begins in these bytes that is too long. */
  push(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const passed = Math.min(this.#payload, chunk.length - at);
        this.#payload -= passed;
        at += passed;
        continue;
      }
      this.#header[this.#have] = chunk[at] ?? 0;
      this.#have += 1;
      at += 1;
      if (this.#have < this.#headerLength()) continue;
      this.#payload = this.#payloadLength();
      this.#have = 0;
      if (this.#payload > this.#limitBytes) return true;
    }
    return false;
  }

  #headerLength(): number {
    if (this.#have < 2) return 2;
    const second = this.#header[1] ?? 0;
    const length = second & 0x7f;
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
  }

  #payloadLength(): number {
    const length = (this.#header[1] ?? 0) & 0x7f;
    if (length === 126) return this.#header.readUInt16BE(2);
    return length === 127 ? Number(this.#header.readBigUInt64BE(2)) : length;
  }
}
