// Reads a mapping template: VTL as Velocity 1.7 has it, less what no template of API Gateway is known to use.
import { parseExpression, parseReference } from './parse-expression.ts';
import { Reading } from './reading.ts';
import type { Branch, Part, Parts } from './syntax.ts';

/** @throws with the line, where something is no VTL, or is VTL that is not run here */
export function parseTemplate(text: string, where = 'mapping template'): Parts {
  const reading = new Reading({ text, where, parseText: parseTemplate });
  const parts = parseParts(reading, 0);
  if (!reading.atEnd) throw reading.refusal('no directive that closes what was not opened');
  return parts;
}

/** Far beyond what anybody writes. */
const MAX_DEPTH = 100;

/** Up to the end, or to an `#end`, `#else` or `#elseif` that is somebody else's. */
function parseParts(reading: Reading, depth: number): Part[] {
  if (depth > MAX_DEPTH) throw reading.refusal(`blocks at most ${MAX_DEPTH} deep`);
  const parts: Part[] = [];
  while (!reading.atEnd && !isBlockEnd(reading)) {
    const text = reading.take(/[^$#\\]+/y);
    const part: Part | undefined = text === undefined ? parseSpecial(reading, depth) : { kind: 'text', text };
    if (part !== undefined) parts.push(part);
  }
  return parts;
}

const BLOCK_END = /#(?:\{(?:end|else|elseif)\}|(?:elseif|else|end)(?![\w-]))/y;

function isBlockEnd({ text, at }: Reading): boolean {
  BLOCK_END.lastIndex = at;
  return BLOCK_END.test(text);
}

/** Undefined: a comment. */
function parseSpecial(reading: Reading, depth: number): Part | undefined {
  if (reading.startsWith('\\')) return parseEscaped(reading);
  if (reading.startsWith('$')) return parsePrinted(reading, false) ?? textOf(reading.take(/\$/y));
  if (reading.take(/##[^\n]*\n?/y) !== undefined) return undefined;
  if (reading.startsWith('#*')) {
    reading.expect(/#\*[\s\S]*?\*#/y, 'a comment that ends with *#');
    return undefined;
  }
  const raw = reading.take(/#\[\[[\s\S]*?\]\]#/y);
  if (raw !== undefined) return textOf(raw.slice(3, -3));
  return parseDirective(reading, depth) ?? textOf(reading.take(/#/y));
}

const textOf = (text = ''): Part => ({ kind: 'text', text });

function parseEscaped(reading: Reading): Part {
  const begin = reading.at;
  reading.take(/\\/y);
  const printed = parsePrinted(reading, true);
  if (printed !== undefined) return printed;
  reading.at = begin + 1;
  return textOf('\\');
}

/** Undefined for a dollar sign that does not begin a reference. */
function parsePrinted(reading: Reading, escaped: boolean): Part | undefined {
  const begin = reading.at;
  const head = reading.take(/\$!?\{?(?=[A-Za-z_])/y);
  if (head === undefined) return undefined;
  const reference = parseReference(reading);
  if (head.endsWith('{') && reading.take(/\}/y) === undefined) {
    reading.at = begin;
    return undefined;
  }
  const written = reading.text.slice(begin, reading.at);
  return { kind: 'reference', reference, written, quiet: head.includes('!'), escaped };
}

const DIRECTIVE = /#(?:\{(\w+)\}|(set|if|foreach|break|stop|define|macro|evaluate|parse|include)(?![\w-]))/y;
const KNOWN = ['set', 'if', 'foreach', 'break', 'stop'];

/** Undefined for a hash sign that does not begin a directive. */
function parseDirective(reading: Reading, depth: number): Part | undefined {
  const begin = reading.at;
  DIRECTIVE.lastIndex = begin;
  const [whole, inBraces, bare] = DIRECTIVE.exec(reading.text) ?? [];
  if (whole === undefined) return undefined;
  const name = inBraces ?? bare ?? '';
  if (!KNOWN.includes(name)) {
    throw reading.refusal(`${KNOWN.map((known) => `#${known}`).join(', ')}: no other directive runs locally`);
  }
  reading.at += whole.length;
  switch (name) {
    case 'set':
      return parseSet(reading);
    case 'if':
      return parseIf(reading, begin, depth);
    case 'foreach':
      return parseForeach(reading, begin, depth);
    default:
      return { kind: name === 'break' ? 'break' : 'stop' };
  }
}

const OPEN = /[ \t]*\(\s*/y;
/** A directive takes the rest of its line with it, where nothing else is on it. */
const CLOSE = /\s*\)(?:[ \t]*\r?\n)?/y;

function parseSet(reading: Reading): Part {
  reading.expect(OPEN, '( behind #set');
  reading.expect(/\$!?\{?(?=[A-Za-z_])/y, 'a reference to set');
  const target = parseReference(reading);
  reading.take(/\}/y);
  reading.expect(/\s*=(?!=)\s*/y, '=');
  const value = parseExpression(reading);
  reading.expect(CLOSE, ') behind #set');
  return { kind: 'set', target, value };
}

function parseIf(reading: Reading, begin: number, depth: number): Part {
  const branches: Branch[] = [];
  let condition: Branch['condition'] = parseCondition(reading);
  for (;;) {
    branches.push({ condition, body: parseParts(reading, depth + 1) });
    if (takeEnd(reading, 'end')) return { kind: 'if', branches };
    if (condition === undefined) throw reading.refusal('#end behind #else');
    if (takeEnd(reading, 'else')) condition = undefined;
    else if (reading.take(/#(?:elseif|\{elseif\})/y) !== undefined) condition = parseCondition(reading);
    else throw reading.refusal('an #if that has an #end', begin);
  }
}

function parseCondition(reading: Reading) {
  reading.expect(OPEN, '( and a condition');
  const condition = parseExpression(reading);
  reading.expect(CLOSE, ') behind a condition');
  return condition;
}

function parseForeach(reading: Reading, begin: number, depth: number): Part {
  reading.expect(OPEN, '( behind #foreach');
  reading.expect(/\$!?\{?/y, 'a variable');
  const name = reading.expect(/[A-Za-z_][\w-]*/y, 'a variable');
  reading.expect(/\}?\s+in\s+/y, 'in, and a list');
  const list = parseExpression(reading);
  reading.expect(CLOSE, ') behind #foreach');
  const body = parseParts(reading, depth + 1);
  if (!takeEnd(reading, 'end')) throw reading.refusal('a #foreach that has an #end', begin);
  return { kind: 'foreach', name, list, body };
}

const ENDS = {
  end: /#(?:end(?![\w-])|\{end\})(?:[ \t]*\r?\n)?/y,
  else: /#(?:else(?![\w-])|\{else\})(?:[ \t]*\r?\n)?/y,
} as const;

function takeEnd(reading: Reading, which: keyof typeof ENDS): boolean {
  return reading.take(ENDS[which]) !== undefined;
}
