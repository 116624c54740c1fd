// A rate over the last seconds, from a running total noted now and then.

const OVER_MS = 5_000;

export class RecentFigures {
  #notes: { readonly total: number; readonly atMs: number }[] = [];

  note(total: number, atMs: number): void {
    this.#notes.push({ total, atMs });
    while (this.#notes[1] !== undefined && this.#notes[1].atMs <= atMs - OVER_MS) this.#notes.shift();
  }

  perSecond(): number {
    const [first, last] = [this.#notes[0], this.#notes.at(-1)];
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return ((last.total - first.total) * 1_000) / (last.atMs - first.atMs);
  }
}
