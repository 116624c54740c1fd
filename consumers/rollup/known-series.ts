// The series of rollups noted already, so that each is noted about once by each execution environment.

/** Texts of about a hundred characters: a few MB. */
const LIMIT = 20_000;

export class KnownSeries {
  #series = new Set<string>();

  /** Each once. */
  unknownOf(series: readonly string[]): readonly string[] {
    return [...new Set(series)].filter((one) => !this.#series.has(one));
  }

  add(series: readonly string[]): void {
    // Forgetting costs that they are noted again.
    if (this.#series.size + series.length > LIMIT) this.#series = new Set();
    for (const one of series) this.#series.add(one);
  }
}
