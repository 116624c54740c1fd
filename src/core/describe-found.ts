const MAX_FOUND_LENGTH = 100;

/** Names a value found in bad input, for a message: short, on one line, safe on a terminal, at any depth or size. */
export function describeFound(found: unknown): string {
  if (found === undefined) return 'nothing';
  if (found === null) return 'null';
  if (typeof found === 'string') return `the text ${quote(found)}`;
  if (Array.isArray(found)) return `an array of ${found.length}`;
  if (typeof found === 'object') return 'an object';
  // A bigint is a number that was read exactly.
  const kind = typeof found === 'bigint' ? 'number' : typeof found;
  return `the ${kind} ${String(found)}`.slice(0, MAX_FOUND_LENGTH);
}

/** The text in double quotes, cut to about a hundred characters, control characters escaped. */
export function quote(text: string): string {
  const shown = text.length <= MAX_FOUND_LENGTH ? text : `${text.slice(0, MAX_FOUND_LENGTH)}…`;
  return JSON.stringify(shown).replace(/\p{Cc}/gu, escapeControl);
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
