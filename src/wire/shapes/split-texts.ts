// JSON texts one a line or one after another, cut apart. A damaged one stands by itself.

/** At most `most` of them; undefined for what does not begin as JSON. */
export function splitTexts(text: string, most: number): readonly string[] | undefined {
  const begin = text.startsWith(SEPARATOR) ? text.slice(1, 2) : text;
  if (!/^\s*[[{]/.test(begin)) return undefined;
  const lines = text.split('\n', most).filter((line) => line.trim() !== '');
  if (lines.length > 1 && isJson(lines[0] ?? '')) return lines.map((line) => line.trim());
  return splitValues(text, most);
}

function splitValues(text: string, most: number): readonly string[] {
  const values: string[] = [];
  for (let at = skipBetween(text, 0); at < text.length && values.length < most; ) {
    const end = endOfValue(text, at);
    values.push(text.slice(at, end));
    at = skipBetween(text, end);
  }
  return values;
}

/** Its end, or the text's where it is cut short. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === 0x5c) at += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x7b || unit === 0x5b) depth += 1;
    else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
      if (depth <= 0) return at + 1;
    }
  }
  return text.length;
}

/** RFC 7464 has it before each text. */
const SEPARATOR = '\u001e';
const BETWEEN = ` \n\r\t,${SEPARATOR}`;

/** Commas too: a list without its brackets. And record separators. */
function skipBetween(text: string, start: number): number {
  let at = start;
  while (at < text.length && BETWEEN.includes(text.charAt(at))) at += 1;
  return at;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
