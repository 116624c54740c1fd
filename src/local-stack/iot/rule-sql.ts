// The part of AWS IoT's SQL that rules run with here: `SELECT items FROM 'filter'`, with `*`, paths, texts, numbers, topic(), topic(n),
// clientid(), principal(), timestamp(), newuuid() and encode(…, 'base64'), each with or without `AS name`. Anything else is refused
// when the template is read, so that no rule does here what it does not do there.

export type RuleExpression =
  | { readonly kind: 'all' }
  | { readonly kind: 'path'; readonly names: readonly string[] }
  | { readonly kind: 'constant'; readonly value: string | number }
  | { readonly kind: 'topic'; readonly segment: number | undefined }
  | { readonly kind: 'clientid' | 'principal' | 'timestamp' | 'newuuid' }
  | { readonly kind: 'encode'; readonly of: RuleExpression };

export interface RuleQuery {
  readonly items: readonly { readonly expression: RuleExpression; readonly name: string | undefined }[];
  /** Topic filter, with the wildcards `+` and `#`. */
  readonly from: string;
}

/** @throws Error that says what stands where something else was expected */
export function parseRuleSql(sql: string): RuleQuery {
  const tokens = new Tokens(sql);
  tokens.word('SELECT');
  const items: RuleQuery['items'][number][] = [];
  do items.push(readItem(tokens));
  while (tokens.takes(','));
  tokens.word('FROM');
  const from = tokens.text();
  tokens.end();
  return { items, from };
}

/** One expression alone, as it stands in `${…}`. @throws Error as `parseRuleSql` */
export function parseRuleExpression(text: string): RuleExpression {
  const tokens = new Tokens(text);
  const expression = readExpression(tokens);
  tokens.end();
  return expression;
}

function readItem(tokens: Tokens): RuleQuery['items'][number] {
  const expression = readExpression(tokens);
  const name = tokens.takesWord('AS') ? tokens.name() : undefined;
  if (expression.kind === 'all' && name !== undefined) throw tokens.unexpected('no name for *');
  return { expression, name };
}

function readExpression(tokens: Tokens): RuleExpression {
  if (tokens.takes('*')) return { kind: 'all' };
  if (tokens.isText()) return { kind: 'constant', value: tokens.text() };
  const number = tokens.takeNumber();
  if (number !== undefined) return { kind: 'constant', value: number };
  const name = tokens.name();
  if (tokens.takes('(')) return readCall(name.toLowerCase(), tokens);
  const names = [name];
  while (tokens.takes('.')) names.push(tokens.name());
  return { kind: 'path', names };
}

function readCall(name: string, tokens: Tokens): RuleExpression {
  switch (name) {
    case 'topic': {
      const segment = tokens.takeNumber();
      tokens.expect(')');
      return { kind: 'topic', segment };
    }
    case 'clientid':
    case 'principal':
    case 'timestamp':
    case 'newuuid':
      tokens.expect(')');
      return { kind: name };
    case 'encode': {
      const of = readExpression(tokens);
      tokens.expect(',');
      if (tokens.text() !== 'base64') throw tokens.unexpected("'base64'");
      tokens.expect(')');
      return { kind: 'encode', of };
    }
    default:
      throw tokens.unexpected(
        `topic(), clientid(), principal(), timestamp(), newuuid() or encode(): ${name}() does not run locally`,
      );
  }
}

class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  word(word: string): void {
    if (!this.takesWord(word)) throw this.unexpected(word);
  }

  takesWord(word: string): boolean {
    return this.#take(new RegExp(`${word}\\b`, 'iy')) !== undefined;
  }

  expect(character: string): void {
    if (!this.takes(character)) throw this.unexpected(character);
  }

  takes(character: string): boolean {
    return this.#take(character === '.' ? /\./y : new RegExp(`\\${character}`, 'y')) !== undefined;
  }

  name(): string {
    const name = this.#take(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === undefined) throw this.unexpected('a name');
    return name;
  }

  takeNumber(): number | undefined {
    const number = this.#take(/\d+(?:\.\d+)?/y);
    return number === undefined ? undefined : Number(number);
  }

  isText(): boolean {
    return /^\s*['"]/.test(this.#text.slice(this.#at));
  }

  text(): string {
    const text = this.#take(/'[^']*'|"[^"]*"/y);
    if (text === undefined) throw this.unexpected('a text in quotes');
    return text.slice(1, -1);
  }

  end(): void {
    this.#take(/;/y);
    if (this.#text.slice(this.#at).trim() !== '') throw this.unexpected('the end');
  }

  unexpected(expected: string): Error {
    const rest = this.#text.slice(this.#at).trim().slice(0, 30);
    return new Error(`found ${JSON.stringify(rest)} at character ${this.#at + 1}, expected ${expected}`);
  }

  #take(pattern: RegExp): string | undefined {
    const blanks = /\s*/y;
    blanks.lastIndex = this.#at;
    blanks.exec(this.#text);
    pattern.lastIndex = blanks.lastIndex;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[0];
  }
}
