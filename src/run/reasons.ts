// Why inputs were no events, most frequent first, with one example each.

export interface CountedReason {
  readonly reason: string;
  readonly count: number;
  /** What was found, what was expected, and where: of one of them. */
  readonly example: string;
}

export class Reasons {
  readonly #byReason = new Map<string, { count: number; readonly example: string }>();
  total = 0;

  add(reason: string, detail: string): void {
    this.total += 1;
    const known = this.#byReason.get(reason);
    if (known === undefined) this.#byReason.set(reason, { count: 1, example: detail });
    else known.count += 1;
  }

  list(): readonly CountedReason[] {
    return [...this.#byReason]
      .map(([reason, { count, example }]) => ({ reason, count, example }))
      .sort((a, b) => b.count - a.count);
  }
}
