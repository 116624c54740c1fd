/** A law that does not hold: what a run is failed for. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** The law as a sentence: the same for every run that breaks it. */
  readonly law: string;
  /** What was found, what was expected, and where. */
  readonly detail: string;

  constructor(law: string, detail: string) {
    super(`${law}: ${detail}`);
    this.law = law;
    this.detail = detail;
  }
}

/** Asserts a law; `detail` is asked for only where it is broken. */
export function hold(law: string, holds: boolean, detail: () => string): asserts holds {
  if (!holds) throw new Violation(law, detail());
}

/** Asserts that two plain values are the same: a broken law shows both. */
export function holdSame(law: string, where: string, found: unknown, expected: unknown): void {
  if (Object.is(found, expected)) return;
  const [left, right] = [plainText(found), plainText(expected)];
  hold(law, left === right, () => `${where}: found ${left}, expected ${right}`);
}

/** As text that tells equal values by: maps and sets by their entries, -0 as 0, undefined and infinities by name. */
export function plainText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (each instanceof Map) return Object.fromEntries([...each].map(([key, held]) => [String(key), held]));
    if (each instanceof Set) return [...each];
    if (each === undefined || (typeof each === 'number' && !Number.isFinite(each))) return String(each);
    return each;
  });
}
