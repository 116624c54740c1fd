import type { CounterSample } from './counter-trail.ts';

/** Gives each combination of tags one number. */
export class TagTable {
  readonly combinations: CounterSample['tags'][] = [];
  readonly #byIdentity = new Map<CounterSample['tags'], number>();
  readonly #byText = new Map<string, number>();

  index(tags: CounterSample['tags']): number {
    const known = this.#byIdentity.get(tags);
    if (known !== undefined) return known;
    const text = JSON.stringify(tags);
    const index = this.#byText.get(text) ?? this.combinations.push(tags) - 1;
    this.#byText.set(text, index);
    this.#byIdentity.set(tags, index);
    return index;
  }
}
