// Java's regular expressions as JavaScript's, where both mean the same; what JavaScript has not is refused.

/** @throws if the pattern is invalid, or uses what only Java knows */
export function javaRegex(pattern: string, flags: '' | 'g' = ''): RegExp {
  const { inline, rest } = runsHere(pattern);
  return new RegExp(rest, inline + flags);
}

/** Whether the pattern is the whole text's, as Java's `matches` has it. */
export function javaMatches(pattern: string, text: string): boolean {
  const { inline, rest } = runsHere(pattern);
  return new RegExp(`^(?:${rest})$`, inline).test(text);
}

/** Possessive, within classes other classes, escapes of Java alone: JavaScript would take most of them for something else. */
const JAVA_ALONE =
  /\(\?[>+-]|[*+?}]\+|\\[QEGzZAhHRXae]|\\x\{|\\N\{|\\p\{(?:Alpha|Digit|Alnum|Upper|Lower|Punct|Space|java\w+|In\w+|Is\w+)\}|\[(?:[^\]\\]|\\[\s\S])*(?:&&|\[)/;

function runsHere(pattern: string): { readonly inline: string; readonly rest: string } {
  const [, flags = '', rest = pattern] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  const only = JAVA_ALONE.exec(rest);
  if (only !== null) {
    throw new Error(
      `regular expression ${pattern}: found ${only[0]}, expected what runs here too: Java alone has that`,
    );
  }
  // Kinds of characters are known to JavaScript only with this flag, which forbids escapes that mean nothing.
  const unicode = /\\[pP]\{/.test(rest) ? 'u' : '';
  new RegExp(rest, flags + unicode);
  return { inline: flags + unicode, rest };
}

/** Java's replacement texts: a backslash makes the next character plain, `$1` is a group. */
export function javaReplacement(text: string): string {
  return text.replaceAll(
    /\\([\s\S])|\$(\d)|\$/g,
    (found, plain: string | undefined, group: string | undefined) => {
      if (plain !== undefined) return plain === '$' ? '$$' : plain;
      if (group === undefined)
        throw new Error(`replacement ${text}: found ${found}, expected a group behind it`);
      // All of a match is $0 in Java.
      return group === '0' ? '$&' : found;
    },
  );
}
