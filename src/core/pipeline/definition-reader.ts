// Reads a definition object by object and collects everything that is wrong with it: the path of the key, what was found, what was
// expected.
import { parseDurationMs } from '../duration.ts';

const MAX_DURATION_MS = 366 * 86_400_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * One object of the definition. If a key is wrong, a reader returns a value that fits, so that all problems are reported at once.
 */
export class DefinitionReader {
  readonly #path: string;
  readonly #value: unknown;
  readonly #problems: string[];
  readonly #fields: ReadonlyMap<string, unknown>;
  /** Something that is not an object is reported once; its keys are not checked. */
  #isDone = false;

  constructor(path: string, value: unknown, problems: string[]) {
    this.#path = path;
    this.#value = value;
    this.#problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#fields = new Map(isObject ? Object.entries(value) : []);
    if (isObject) return;
    this.problem('', `${this.found()}, expected an object`);
    this.#isDone = true;
  }

  found(): string {
    return describe(this.#value);
  }

  has(key: string): boolean {
    return this.#fields.get(key) !== undefined;
  }

  problem(key: string, text: string): void {
    if (this.#isDone) return;
    const path = key === '' ? this.#path || '(top)' : this.#at(key);
    this.#problems.push(`${path}: ${text}`);
  }

  onlyKeys(keys: readonly string[]): void {
    for (const key of this.#fields.keys()) {
      if (!keys.includes(key)) this.problem(key, `unknown key, expected one of ${keys.join(', ')}`);
    }
  }

  child(key: string, expected?: string): DefinitionReader | undefined {
    if (this.has(key)) return new DefinitionReader(this.#at(key), this.#fields.get(key), this.#problems);
    if (expected !== undefined) this.problem(key, `missing, expected ${expected}`);
    return undefined;
  }

  /** A reader of a value that is at `key`, or replaces it. */
  entryOf(key: string, value: unknown): DefinitionReader {
    return new DefinitionReader(this.#at(key), value, this.#problems);
  }

  list(key: string, limits: { least: number; most: number; optional?: boolean }): DefinitionReader[] {
    const value = this.#fields.get(key);
    if (value === undefined && limits.optional === true) return [];
    if (!Array.isArray(value) || value.length < limits.least || value.length > limits.most) {
      const found = Array.isArray(value) ? `found a list of ${value.length}` : describe(value);
      this.problem(key, `${found}, expected a list of ${limits.least} to ${limits.most}`);
      if (!Array.isArray(value)) return [];
    }
    return value.map((entry, at) => new DefinitionReader(`${this.#at(key)}[${at}]`, entry, this.#problems));
  }

  name(key: string): string {
    const value = this.#fields.get(key);
    if (typeof value === 'string' && NAME.test(value)) return value;
    this.problem(key, `${describe(value)}, expected 1 to 64 letters, digits, "-", "_" or "."`);
    return '';
  }

  /** One of a few allowed texts, or a text of 1 to 64 characters. */
  text<T extends string>(key: string, allowed: readonly T[]): T | undefined;
  text(key: string, allowed?: readonly string[]): string | undefined;
  text(key: string, allowed?: readonly string[]): string | undefined {
    const value = this.#fields.get(key);
    if (value === undefined) return undefined;
    const fits = typeof value === 'string' && value.length >= 1 && value.length <= 64;
    if (fits && (allowed === undefined || allowed.includes(value))) return value;
    const expected = allowed === undefined ? 'a text of 1 to 64 characters' : `one of ${allowed.join(', ')}`;
    this.problem(key, `${describe(value)}, expected ${expected}`);
    return undefined;
  }

  flag(key: string): boolean {
    const value = this.#fields.get(key);
    if (typeof value === 'boolean' || value === undefined) return value ?? false;
    this.problem(key, `${describe(value)}, expected true or false`);
    return false;
  }

  texts(
    key: string,
    { allowed, least = 1, most = 64 }: { allowed?: readonly string[]; least?: number; most?: number } = {},
  ): readonly string[] | undefined {
    const value = this.#fields.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0 || value.length > 64) {
      this.problem(key, `${describe(value)}, expected a list of 1 to 64 texts`);
      return undefined;
    }
    for (const [at, text] of value.entries()) {
      if (typeof text !== 'string' || text.length < least || text.length > most || !text.isWellFormed()) {
        this.problem(`${key}[${at}]`, `${describe(text)}, expected a text of ${least} to ${most} characters`);
      } else if (allowed !== undefined && !allowed.includes(text)) {
        this.problem(`${key}[${at}]`, `${describe(text)}, expected one of ${allowed.join(', ')}`);
      }
    }
    return [...new Set(value)];
  }

  duration(key: string, limits: { default?: number; least: number }): number {
    const value = this.#fields.get(key);
    if (value === undefined && limits.default !== undefined) return limits.default;
    const ms = parseDurationMs(value);
    if (ms !== undefined && ms >= limits.least && ms <= MAX_DURATION_MS) return ms;
    this.problem(
      key,
      `${describe(value)}, expected a duration of ${limits.least} ms to 366 days, e.g. "250ms", "10s", "5m", "1h", "2d"`,
    );
    return limits.default ?? limits.least;
  }

  number(key: string, limits: { default?: number; least: number; most: number; whole?: boolean }): number {
    const value = this.#fields.get(key);
    if (value === undefined && limits.default !== undefined) return limits.default;
    const fits = typeof value === 'number' && value >= limits.least && value <= limits.most;
    if (fits && (limits.whole !== true || Number.isInteger(value))) return value;
    const kind = limits.whole === true ? 'a whole number' : 'a number';
    this.problem(key, `${describe(value)}, expected ${kind} of ${limits.least} to ${limits.most}`);
    return limits.default ?? limits.least;
  }

  /** The entries of an object of lists of texts, e.g. `{"site": ["harbour"]}`. */
  textsByName(
    key: string,
    limits: { readonly least: number; readonly most: number },
  ): ReadonlyMap<string, ReadonlySet<string>> | undefined {
    const child = this.child(key);
    if (child === undefined) return undefined;
    const entries = new Map<string, ReadonlySet<string>>();
    for (const name of child.#fields.keys()) entries.set(name, new Set(child.texts(name, limits)));
    if (entries.size === 0) child.problem('', `${child.found()}, expected at least one name`);
    return entries;
  }

  keys(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** The value itself, for a caller that checks it. */
  raw(key: string): unknown {
    return this.#fields.get(key);
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return `found ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}
