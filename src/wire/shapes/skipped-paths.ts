// What was not taken of shaped data, by shape and path: counted, so that nothing is left out in silence.

export type SkipReason =
  /** It is no number: a text, or beyond what a number can be. */
  | 'not a number'
  /** It is no text that can be a tag, or too long for one. */
  | 'no tag'
  /** It says that there is no value. */
  | 'missing'
  /** Its name is longer than a name may be, or another value has it. */
  | 'name'
  /** The event holds as many values or tags as it may. */
  | 'too many'
  /** It is nested deeper than is looked into. */
  | 'too deep'
  /** The shape leaves it out. */
  | 'dropped'
  /** It could not be opened: no JSON, base64, gzip … where the shape says so. */
  | 'not opened'
  /** The shape says that it is no event. */
  | 'ignored'
  /** The shape cuts parts out of it, but it has none. */
  | 'no parts';

export interface SkippedPath {
  readonly shape: string;
  readonly path: string;
  readonly reason: SkipReason;
  readonly count: number;
}

/** Different ones that are told apart; payloads choose names, so they are bounded. */
const MAX_PATHS = 200;

export class SkippedPaths {
  readonly #counts = new Map<string, { shape: string; path: string; reason: SkipReason; count: number }>();
  /** All of them. */
  total = 0;

  /** `path`: indexes are taken together. */
  add(shape: string, path: string, reason: SkipReason): void {
    this.total += 1;
    const plain = path.replace(/(^|\.)\d+(?=\.|$)/g, '$1*').slice(0, 128);
    const key = `${shape} ${reason} ${plain}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.#counts.size < MAX_PATHS) this.#counts.set(key, { shape, path: plain, reason, count: 1 });
    else this.#countOther(shape, reason);
  }

  /** The most frequent first. */
  list(): readonly SkippedPath[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count);
  }

  #countOther(shape: string, reason: SkipReason): void {
    const key = `${reason} (others)`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { shape, path: '(others)', reason, count: 1 });
    else known.count += 1;
  }
}
