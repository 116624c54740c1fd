// JSON as API Gateway's templates and mocks read it (json-smart): names and texts may have single quotes or none, commas
// may be spare. Objects become maps, so that members keep their order whatever their names.
import { Decimal, type JavaList, type JavaMap, type JavaValue } from './vtl/java-values.ts';

export interface LenientOptions {
  readonly duplicateMember?: 'last' | 'first';
}

/** @throws if the text is not JSON, or is nested deeper than the service's parser allows */
export function parseLenientJson(text: string, { duplicateMember = 'last' }: LenientOptions = {}): JavaValue {
  const source: Source = { text, at: 0, duplicateMember };
  const value = readValue(source, 0);
  skip(source);
  if (source.at < text.length) throw refusal(source, 'the end');
  return value;
}

interface Source {
  readonly text: string;
  readonly duplicateMember: 'last' | 'first';
  at: number;
}

const MAX_DEPTH = 400;

function skip(source: Source): void {
  while (/\s/.test(source.text.charAt(source.at))) source.at += 1;
}

function refusal({ text, at }: Source, expected: string): Error {
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 20)) : 'the end';
  return new Error(`JSON, at ${at}: found ${found}, expected ${expected}`);
}

function readValue(source: Source, depth: number): JavaValue {
  if (depth > MAX_DEPTH) throw refusal(source, `values nested at most ${MAX_DEPTH} deep`);
  skip(source);
  switch (source.text.charAt(source.at)) {
    case '{':
      return readObject(source, depth);
    case '[':
      return readList(source, depth);
    case '"':
    case "'":
      return readQuoted(source);
    default:
      return readBare(source, /[^,:{}[\]\r\n]+/y);
  }
}

function readObject(source: Source, depth: number): JavaMap {
  const map: JavaMap = new Map();
  source.at += 1;
  for (;;) {
    skipCommas(source);
    if (taken(source, '}')) return map;
    const name = readName(source);
    skip(source);
    if (!taken(source, ':')) throw refusal(source, 'a colon');
    const value = readValue(source, depth + 1);
    if (source.duplicateMember === 'last' || !map.has(name)) map.set(name, value);
    skip(source);
    if (!['}', ','].includes(source.text.charAt(source.at))) throw refusal(source, 'a comma or }');
  }
}

function readList(source: Source, depth: number): JavaList {
  const list: JavaList = [];
  source.at += 1;
  for (;;) {
    skipCommas(source);
    if (taken(source, ']')) return list;
    list.push(readValue(source, depth + 1));
    skip(source);
    if (![']', ','].includes(source.text.charAt(source.at))) throw refusal(source, 'a comma or ]');
  }
}

function skipCommas(source: Source): void {
  do skip(source);
  while (taken(source, ','));
}

function taken(source: Source, character: string): boolean {
  if (source.text.charAt(source.at) !== character) return false;
  source.at += 1;
  return true;
}

function readName(source: Source): string {
  const quoted = ['"', "'"].includes(source.text.charAt(source.at));
  return quoted ? readQuoted(source) : match(source, /[^,:{}[\]\r\n]+/y, 'a name').trim();
}

function match(source: Source, pattern: RegExp, what: string): string {
  pattern.lastIndex = source.at;
  const found = pattern.exec(source.text)?.[0];
  if (found === undefined) throw refusal(source, what);
  source.at += found.length;
  return found;
}

function readQuoted(source: Source): string {
  const { text, at: begin } = source;
  const quote = text.charAt(begin);
  let end = begin + 1;
  while (end < text.length && text.charAt(end) !== quote) end += text.charAt(end) === '\\' ? 2 : 1;
  if (end >= text.length) throw refusal(source, 'a text that ends');
  source.at = end + 1;
  const written = text.slice(begin + 1, end);
  if (!written.includes('\\')) return written;
  return written.replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** A number, true, false, null, or a text without quotes. */
function readBare(source: Source, pattern: RegExp): JavaValue {
  const text = match(source, pattern, 'a value').trim();
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return undefined;
  if (/^-?(?:0|[1-9]\d*)$/.test(text)) {
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  }
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return new Decimal(Number(text), text);
  if (text === '') throw refusal(source, 'a value');
  return text;
}
