// InfluxDB line protocol: `measurement,tag=value field=1i,other="text" 1492610703000000000`.
import type { TextDocument } from './text-document.ts';

export function readLineProtocol(text: string, most: number): readonly TextDocument[] | undefined {
  const lines = splitLines(text, most).filter((line) => /^\s*[^\s#]/.test(line));
  const documents = lines.map((line) => ({ value: readLine(line), text: line }));
  // One line that is one says what the text is; the others are judged one by one.
  return documents.some(({ value }) => value !== undefined) ? documents : undefined;
}

/** A text in quotes may hold line ends; quotes mean something in fields alone, and a comment has none. */
function splitLines(text: string, most: number): readonly string[] {
  const plain = text.split('\n', most);
  if (!text.includes('"')) return plain;
  const lines: string[] = [];
  let open = '';
  for (const line of plain) {
    const whole = open === '' ? line : `${open}\n${line}`;
    // What is never closed is no text in quotes: its lines stand by themselves.
    if (!line.trimStart().startsWith('#') && endsInQuotes(whole) && whole.length <= MAX_POINT_LENGTH)
      open = whole;
    else {
      lines.push(whole);
      open = '';
    }
  }
  return open === '' ? lines : [...lines, ...open.split('\n')];
}

const MAX_POINT_LENGTH = 64 * 1024;

function endsInQuotes(line: string): boolean {
  const [, fieldsAt] = takeUntil(line, 0, ' ');
  let inQuotes = false;
  for (let at = fieldsAt; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '"') inQuotes = !inQuotes;
  }
  return inQuotes;
}

/** undefined for what is no point. */
function readLine(raw: string): Readonly<Record<string, unknown>> | undefined {
  // Telegraf's documentation marks lines of output so.
  const line = raw.trim().replace(/^> /, '');
  const [series, afterSeries] = takeUntil(line, 0, ' ');
  const [head = '', ...pairs] = splitOutside(series, ',', false);
  const fieldsAt = skipSpaces(line, afterSeries);
  const [fieldSet, afterFields] = takeFields(line, fieldsAt);
  const timestamp = line.slice(afterFields).trim();
  if (head === '' || fieldSet === '' || !/^(?:-?\d{1,19})?$/.test(timestamp)) return undefined;
  const tags = Object.fromEntries(pairs.flatMap((pair) => entryOf(pair, plain)));
  const pieces = splitOutside(fieldSet, ',', true);
  if (!pieces.some((pair) => entryOf(pair, fieldValue).length > 0)) return undefined;
  // What is no value of a field, such as NaN, stays as it is written: it is counted as not taken.
  const fields = Object.fromEntries(
    pieces.flatMap((pair) => entryOf(pair, (text) => fieldValue(text) ?? text)),
  );
  return { name: plain(head), tags, fields, ...(timestamp === '' ? {} : { timestamp }) };
}

/** A text, an integer (`1i`, `1u`), a float, or a truth value; undefined for anything else. */
function fieldValue(text: string): unknown {
  if (text.startsWith('"'))
    return text.endsWith('"') && text.length > 1 ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : undefined;
  if (/^-?\d{1,20}[iu]$/.test(text)) return Number(text.slice(0, -1));
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return true;
  return /^(?:f|F|false|False|FALSE)$/.test(text) ? false : undefined;
}

function entryOf<T>(pair: string, read: (text: string) => T): readonly (readonly [string, T])[] {
  const at = indexOutside(pair, '=', 0, false);
  if (at <= 0) return [];
  const value = read(pair.slice(at + 1));
  return value === undefined ? [] : [[plain(pair.slice(0, at)), value]];
}

/** Backslashes escape commas, equals signs and spaces; before anything else they stand for themselves. */
function plain(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}

function splitOutside(text: string, separator: string, quotes: boolean): string[] {
  const parts: string[] = [];
  let from = 0;
  for (
    let at = indexOutside(text, separator, 0, quotes);
    at >= 0;
    at = indexOutside(text, separator, from, quotes)
  ) {
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  parts.push(text.slice(from));
  return parts;
}

function indexOutside(text: string, character: string, from: number, quotes: boolean): number {
  let inQuotes = false;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (quotes && text[at] === '"') inQuotes = !inQuotes;
    else if (!inQuotes && text[at] === character) return at;
  }
  return -1;
}

function takeUntil(line: string, from: number, character: string): readonly [string, number] {
  const at = indexOutside(line, character, from, false);
  return at < 0 ? [line.slice(from), line.length] : [line.slice(from, at), at];
}

function takeFields(line: string, from: number): readonly [string, number] {
  const at = indexOutside(line, ' ', from, true);
  return at < 0 ? [line.slice(from), line.length] : [line.slice(from, at), at];
}

function skipSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ') at += 1;
  return at;
}
