// JSON in which numbers stay as they are written: filters compare 300 and 300.0 as different (rule 39).

/** A number of a JSON text, as written. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get value(): number {
    return Number(this.text);
  }
}

export type FilterJson =
  | string
  | boolean
  | null
  | WrittenNumber
  | readonly FilterJson[]
  | { readonly [key: string]: FilterJson };

/** The text's value; of several equal keys the last wins. undefined: no JSON. */
export function parseFilterJson(text: string): FilterJson | undefined {
  try {
    // what the reviver returns for numbers, and JSON's own types beside them, are FilterJson
    return JSON.parse(text, keepNumber) as FilterJson;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isFields(value: FilterJson | undefined): value is { readonly [key: string]: FilterJson } {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof WrittenNumber);
}

export function isList(value: FilterJson | undefined): value is readonly FilterJson[] {
  return Array.isArray(value);
}

/** A value as it stands in JSON, for messages. */
export function shown(value: FilterJson | undefined): string {
  if (value === undefined) return 'nothing';
  if (value instanceof WrittenNumber) return value.text;
  if (isList(value)) return `[${value.map(shown).join(',')}]`;
  if (isFields(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}:${shown(inner)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value)) : value;
}
