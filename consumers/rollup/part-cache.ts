// The rollup parts written last, kept warm between invocations: of a part that has one writer, what is here is what is
// stored. A part that others write too is read each time, since a stale one costs a refused write.
import type { PartKey, StoredPart } from '../../src/stores/windows.ts';

/** Parts: at about 1 KB each a few MB. */
const LIMIT = 5_000;

export class PartCache {
  readonly #byRecency = new Map<string, StoredPart>();
  readonly #shared = new Set<string>();
  readonly #full = new Map<string, ReadonlySet<string>>();

  get(key: string): StoredPart | undefined {
    return this.#byRecency.get(key);
  }

  put(key: string, part: StoredPart): void {
    this.noteFull(key, part);
    if (this.#shared.has(key)) return;
    this.#byRecency.delete(key);
    this.#byRecency.set(key, part);
    forgetOldest(this.#byRecency);
  }

  /** Which sources a full part holds never changes, so that it is remembered though others write the part too. */
  noteFull(key: string, { window }: StoredPart): void {
    if (window.full !== true) return;
    this.#full.delete(key);
    this.#full.set(key, new Set(window.marks.keys()));
    forgetOldest(this.#full);
  }

  /** The marks' keys of a part that is known to be full. */
  sourcesOfFull(key: string): ReadonlySet<string> | undefined {
    return this.#full.get(key);
  }

  drop(key: string): void {
    this.#byRecency.delete(key);
  }

  /** Another writer has written it: from now on it is not cached. */
  share(key: string): void {
    this.drop(key);
    this.#shared.add(key);
    forgetOldest(this.#shared);
  }
}

function forgetOldest(keys: Map<string, unknown> | Set<string>): void {
  if (keys.size <= LIMIT) return;
  for (const oldest of keys.keys()) {
    keys.delete(oldest);
    break;
  }
}

export function partKeyText({ start, end, part, series }: PartKey): string {
  return `${start} ${end} ${part} ${series}`;
}
