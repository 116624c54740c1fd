// Reads what stands in a directive's parentheses, and references.
import type { Reading } from './reading.ts';
import type { BinaryOperator, Expression, Reference, Step } from './syntax.ts';

/** The reading stands behind `$`, `$!` or `${`. */
export function parseReference(reading: Reading): Reference {
  const name = reading.expect(NAME, 'a name');
  const steps: Step[] = [];
  for (;;) {
    const step = parseProperty(reading) ?? parseIndex(reading);
    if (step === undefined) return { name, steps };
    steps.push(step);
  }
}

const NAME = /[A-Za-z_][\w-]*/y;

function parseProperty(reading: Reading): Step | undefined {
  const name = reading.take(/\.[A-Za-z_][\w-]*/y)?.slice(1);
  if (name === undefined) return undefined;
  if (reading.take(/\(\s*/y) === undefined) return { kind: 'property', name };
  const parameters = parseItems(reading, /\s*\)/y, ')');
  return { kind: 'method', name, parameters };
}

/** Brackets with anything else in them are text. */
function parseIndex(reading: Reading): Step | undefined {
  if (reading.take(/\[\s*(?=["'$]|-?\d+\s*\])/y) === undefined) return undefined;
  const index = parseExpression(reading);
  reading.expect(/\s*\]/y, ']');
  return { kind: 'index', index };
}

function parseItems(reading: Reading, close: RegExp, closed: string): Expression[] {
  const items: Expression[] = [];
  if (reading.take(close) !== undefined) return items;
  for (;;) {
    items.push(parseExpression(reading));
    if (reading.take(close) !== undefined) return items;
    reading.expect(/\s*,\s*/y, `, or ${closed}`);
  }
}

/** From the loosest binding to the tightest. */
const LEVELS: readonly (readonly [RegExp, Readonly<Record<string, BinaryOperator>>])[] = [
  [/\s*(?:\|\||or\b)\s*/y, { or: '||', '||': '||' }],
  [/\s*(?:&&|and\b)\s*/y, { and: '&&', '&&': '&&' }],
  [/\s*(?:==|!=|eq\b|ne\b)\s*/y, { '==': '==', eq: '==', '!=': '!=', ne: '!=' }],
  [
    /\s*(?:<=|>=|<|>|le\b|ge\b|lt\b|gt\b)\s*/y,
    { '<=': '<=', le: '<=', '>=': '>=', ge: '>=', '<': '<', lt: '<', '>': '>', gt: '>' },
  ],
  [/\s*[+-]\s*/y, { '+': '+', '-': '-' }],
  [/\s*[*/%]\s*/y, { '*': '*', '/': '/', '%': '%' }],
];

export function parseExpression(reading: Reading, level = 0): Expression {
  const [operators, names] = LEVELS[level] ?? [];
  if (operators === undefined || names === undefined) return parseUnary(reading);
  let left = parseExpression(reading, level + 1);
  for (;;) {
    const operator = names[reading.take(operators)?.trim() ?? ''];
    if (operator === undefined) return left;
    left = { kind: 'binary', operator, left, right: parseExpression(reading, level + 1) };
  }
}

function parseUnary(reading: Reading): Expression {
  if (reading.take(/(?:!|not\b)\s*/y) !== undefined) return { kind: 'not', of: parseUnary(reading) };
  if (reading.take(/\(\s*/y) !== undefined) {
    const inner = parseExpression(reading);
    reading.expect(/\s*\)/y, ')');
    return inner;
  }
  if (reading.take(/\$!?\{/y) !== undefined) {
    const reference = parseReference(reading);
    reading.expect(/\}/y, '}');
    return { kind: 'value', reference };
  }
  if (reading.take(/\$!?/y) !== undefined) return { kind: 'value', reference: parseReference(reading) };
  if (reading.take(/\[\s*/y) !== undefined) return parseList(reading);
  if (reading.take(/\{\s*/y) !== undefined) return parseMap(reading);
  return parseLiteral(reading);
}

function parseList(reading: Reading): Expression {
  const begin = reading.at;
  if (reading.take(/\]/y) !== undefined) return { kind: 'list', items: [] };
  const from = parseExpression(reading);
  if (reading.take(/\s*\.\.\s*/y) !== undefined) {
    const to = parseExpression(reading);
    reading.expect(/\s*\]/y, ']');
    return { kind: 'range', from, to };
  }
  reading.at = begin;
  return { kind: 'list', items: parseItems(reading, /\s*\]/y, ']') };
}

function parseMap(reading: Reading): Expression {
  const entries: [Expression, Expression][] = [];
  if (reading.take(/\}/y) !== undefined) return { kind: 'map', entries };
  for (;;) {
    const key = parseExpression(reading);
    reading.expect(/\s*:\s*/y, ':');
    entries.push([key, parseExpression(reading)]);
    if (reading.take(/\s*\}/y) !== undefined) return { kind: 'map', entries };
    reading.expect(/\s*,\s*/y, ', or }');
  }
}

function parseLiteral(reading: Reading): Expression {
  const number = reading.take(/-?\d+(?:\.\d+(?:[eE][+-]?\d+)?)?/y);
  if (number !== undefined) return { kind: 'literal', value: Number(number) };
  const word = reading.take(/(?:true|false)\b/y);
  if (word !== undefined) return { kind: 'literal', value: word === 'true' };
  const single = reading.take(/'(?:[^']|'')*'/y);
  if (single !== undefined) return { kind: 'literal', value: single.slice(1, -1).replaceAll("''", "'") };
  // Backslashes escape nothing in Velocity's texts; a quote is doubled.
  const quoted = reading.take(/"(?:[^"]|"")*"/y);
  if (quoted === undefined) throw reading.refusal('a reference, a text, a number, a list or a map');
  const text = quoted.slice(1, -1).replaceAll('""', '"');
  if (!/[$#]/.test(text)) return { kind: 'literal', value: text };
  const parts = reading.parseText(text, `${reading.where}, in ${quoted.slice(0, 40)}`);
  const written = parts.map((part) => (part.kind === 'text' ? part.text : undefined));
  // Such as a path: a dollar sign that begins no reference is text.
  if (!written.includes(undefined)) return { kind: 'literal', value: written.join('') };
  return { kind: 'interpolated', parts };
}
