/** Draws that decide what goes wrong; used up, nothing goes wrong any more. fast-check shrinks them towards nothing. */
export class Faults {
  readonly #draws: number[];

  constructor(draws: readonly number[] = []) {
    this.#draws = [...draws];
  }

  begin(draws: readonly number[]): void {
    this.#draws.push(...draws);
  }

  /** A number from 0 to `sides - 1`; 0 is for what is right. */
  draw(sides: number): number {
    return (this.#draws.shift() ?? 0) % sides;
  }

  stop(): void {
    this.#draws.length = 0;
  }
}
