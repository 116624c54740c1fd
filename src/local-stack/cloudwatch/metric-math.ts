// The part of CloudWatch's metric math that alarms of counts need: numbers, ids, + - * /, comparisons, and the functions IF, ABS, FILL,
// MIN, MAX over one period's values. A value that is missing makes what it is part of missing, except in FILL.
type Value = number | undefined;
type Values = ReadonlyMap<string, Value>;

/** @throws Error that names the expression and the place, for what is not among these */
export function metricMath(expression: string): (values: Values) => Value {
  const tokens = [...expression.matchAll(/\s*([A-Za-z]\w*|\d+(?:\.\d+)?|>=|<=|==|!=|[-+*/(),<>])/gy)];
  const texts = tokens.map(([, text = '']) => text);
  const read = tokens.reduce((length, [whole]) => length + whole.length, 0);
  if (expression.slice(read).trim() !== '') throw unread(expression, expression.slice(read));
  const parser = new Parser(texts, expression);
  const result = parser.comparison();
  parser.end();
  return result;
}

type Term = (values: Values) => Value;

class Parser {
  readonly #tokens: readonly string[];
  readonly #expression: string;
  #at = 0;

  constructor(tokens: readonly string[], expression: string) {
    this.#tokens = tokens;
    this.#expression = expression;
  }

  comparison(): Term {
    return this.#chain(() => this.#sum(), COMPARISONS);
  }

  end(): void {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw unread(this.#expression, left);
  }

  #sum(): Term {
    return this.#chain(() => this.#product(), SUMS);
  }

  #product(): Term {
    return this.#chain(() => this.#factor(), PRODUCTS);
  }

  #chain(next: () => Term, operators: Operators): Term {
    let left = next();
    for (let operator = this.#peek(); operator in operators; operator = this.#peek()) {
      this.#at += 1;
      left = both(left, next(), operators[operator]);
    }
    return left;
  }

  #factor(): Term {
    const token = this.#take();
    if (token === '(') {
      const inner = this.comparison();
      this.#expect(')');
      return inner;
    }
    if (token === '-') return both(() => 0, this.#factor(), SUMS['-']);
    if (/^\d/.test(token)) return () => Number(token);
    if (this.#peek() !== '(') return (values) => values.get(token);
    this.#at += 1;
    const given = [this.comparison()];
    while (this.#peek() === ',') {
      this.#at += 1;
      given.push(this.comparison());
    }
    this.#expect(')');
    const made = FUNCTIONS[token];
    if (made === undefined) throw unread(this.#expression, token);
    return made(given);
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    if (!/^([A-Za-z]\w*|\d.*|[-(])$/.test(token)) throw unread(this.#expression, token);
    this.#at += 1;
    return token;
  }

  #expect(token: string): void {
    if (this.#peek() !== token) throw unread(this.#expression, this.#peek());
    this.#at += 1;
  }
}

type Operators = Readonly<Record<string, (a: number, b: number) => Value>>;
const COMPARISONS: Operators = {
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
};
const SUMS = { '+': (a: number, b: number) => a + b, '-': (a: number, b: number) => a - b };
/** Nothing comes of a division by zero, as on CloudWatch. */
const PRODUCTS: Operators = { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? undefined : a / b) };

function both(left: Term, right: Term, operator: Operators[string] | undefined): Term {
  return (values) => {
    const [a, b] = [left(values), right(values)];
    return a === undefined || b === undefined ? undefined : operator?.(a, b);
  };
}

const FUNCTIONS: Readonly<Record<string, (given: readonly Term[]) => Term>> = {
  IF:
    ([condition, then, otherwise]) =>
    (values) =>
      condition?.(values) === undefined ? undefined : (condition(values) ? then : otherwise)?.(values),
  ABS:
    ([term]) =>
    (values) => {
      const value = term?.(values);
      return value === undefined ? undefined : Math.abs(value);
    },
  FILL:
    ([term, instead]) =>
    (values) =>
      term?.(values) ?? instead?.(values),
  MIN: (given) => (values) => of(given, values, Math.min),
  MAX: (given) => (values) => of(given, values, Math.max),
};

function of(given: readonly Term[], values: Values, choose: (...numbers: number[]) => number): Value {
  const found = given.map((term) => term(values)).filter((value) => value !== undefined);
  return found.length === 0 ? undefined : choose(...found);
}

function unread(expression: string, found: string): Error {
  return new Error(
    `metric math ${JSON.stringify(expression)}: found ${JSON.stringify(found)}, expected numbers, ids, operators or one of ${Object.keys(FUNCTIONS).join(', ')}`,
  );
}
