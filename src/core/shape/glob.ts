/** What a text must be like to be one of these patterns, in which `*` stands for anything; undefined where there is none. */
export function globOf(patterns: readonly string[]): RegExp | undefined {
  if (patterns.length === 0) return undefined;
  // Neighbouring stars say no more than one, and would let a text be tried in too many ways.
  const sources = patterns.map((pattern) => pattern.split(/\*+/).map(escaped).join('.*'));
  return new RegExp(`^(?:${sources.join('|')})$`, 's');
}

/** Stars in one pattern: each multiplies the ways of trying a text. */
export const MAX_STARS = 3;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
