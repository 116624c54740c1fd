// Reads the properties of a CloudFormation resource one by one and collects what is wrong with them.

export interface Problem {
  readonly property: string;
  readonly found: string;
  readonly expected: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

interface IntegerRule extends Range {
  readonly default: number;
  /** A value outside the range that is allowed too. */
  readonly except?: number;
}

/** Values may be text, as templates may write them: "100", "true". After a problem a reader gives a value that fits. */
export class PropertyReader {
  readonly problems: Problem[] = [];
  readonly #properties: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(properties: Readonly<Record<string, unknown>>) {
    this.#properties = properties;
  }

  problem(property: string, found: unknown, expected: string): void {
    const shown = found === undefined ? 'nothing' : (JSON.stringify(found) ?? String(found));
    this.problems.push({ property, found: shown, expected });
  }

  integer(property: string, rule: IntegerRule): number {
    const value = this.#take(property);
    if (value === undefined) return rule.default;
    const number = toNumber(value);
    const inRange = number >= rule.min && number <= rule.max;
    if (Number.isInteger(number) && (inRange || number === rule.except)) return number;
    const except = rule.except === undefined ? '' : `${rule.except} or `;
    this.problem(property, value, `${except}an integer from ${rule.min} to ${rule.max}`);
    return rule.default;
  }

  number(property: string, { min, max }: Range, expected: string): number {
    const value = this.#take(property);
    const number = toNumber(value);
    if (number >= min && number <= max) return number;
    this.problem(property, value, expected);
    return min;
  }

  boolean(property: string, fallback: boolean): boolean {
    const value = this.#take(property);
    if (value === undefined) return fallback;
    if (value === true || value === 'true') return true;
    if (value !== false && value !== 'false') this.problem(property, value, 'true or false');
    return false;
  }

  oneOf<T extends string>(property: string, allowed: readonly T[]): T | undefined {
    const value = this.#take(property);
    const found = allowed.find((name) => name === value);
    if (found === undefined) this.problem(property, value, `one of ${allowed.join(', ')}`);
    return found;
  }

  list(property: string): readonly unknown[] {
    return this.#listOr(property, this.#take(property));
  }

  /** The list under `key` of an object. */
  listIn(property: string, key: string): readonly unknown[] {
    return this.#listOr(`${property}.${key}`, this.object(property)[key]);
  }

  object(property: string): Readonly<Record<string, unknown>> {
    const value = this.#take(property);
    if (value === undefined) return {};
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    this.problem(property, value, 'an object');
    return {};
  }

  absent(property: string, expected: string): void {
    const value = this.#take(property);
    if (value !== undefined) this.problem(property, value, expected);
  }

  /** Complains of every property not asked for and not known. */
  refuseOthers(known: readonly string[], expected: string): void {
    for (const [property, value] of Object.entries(this.#properties)) {
      if (!this.#read.has(property) && !known.includes(property)) this.problem(property, value, expected);
    }
  }

  #take(property: string): unknown {
    this.#read.add(property);
    return this.#properties[property];
  }

  #listOr(property: string, value: unknown): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.problem(property, value, 'a list');
    return [];
  }
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
}
