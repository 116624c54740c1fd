// The rollup parts written last, kept warm between invocations: each has one writer, so what is here is what is stored.
import type { StoredPart } from '../../src/stores/windows.ts';

/** Parts: at about 1 KB each a few MB. */
const LIMIT = 5_000;

export class PartCache {
  readonly #byRecency = new Map<string, StoredPart>();

  get(key: string): StoredPart | undefined {
    return this.#byRecency.get(key);
  }

  put(key: string, part: StoredPart): void {
    this.#byRecency.delete(key);
    this.#byRecency.set(key, part);
    if (this.#byRecency.size <= LIMIT) return;
    for (const oldest of this.#byRecency.keys()) {
      this.#byRecency.delete(oldest);
      break;
    }
  }

  drop(key: string): void {
    this.#byRecency.delete(key);
  }
}
