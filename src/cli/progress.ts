// Lines that are drawn again in place on a terminal; in a pipe nothing, so that output stays output.
import type { WriteStream } from 'node:tty';

export class Progress {
  readonly #out: WriteStream;
  readonly #enabled: boolean;
  #drawn = 0;
  #drawnAtMs = 0;

  constructor(out: WriteStream = process.stderr) {
    this.#out = out;
    this.#enabled = out.isTTY === true;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Draws the lines over the last ones, at most ten times a second unless `now`. */
  draw(lines: readonly string[], { now = false } = {}): void {
    if (!this.#enabled || (!now && performance.now() - this.#drawnAtMs < 100)) return;
    const width = Math.max(20, this.#out.columns ?? 80);
    const fitting = lines.slice(0, Math.max(1, (this.#out.rows ?? 24) - 1));
    const text = fitting.map((line) => `${line.slice(0, width - 1)}\x1b[K\n`).join('');
    this.#out.write(`${this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A`}${text}\x1b[J`);
    this.#drawn = fitting.length;
    this.#drawnAtMs = performance.now();
  }

  /** Takes the lines away. */
  clear(): void {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}
