// Java's regular expressions as JavaScript's, where both mean the same; what JavaScript has not is refused.

/** @throws if the pattern is invalid, or uses what only Java knows */
export function javaRegex(pattern: string, flags: '' | 'g' = ''): RegExp {
  const [, inline = '', rest = pattern] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  const only =
    /\(\?[>+-]|[*+?}]\+|\\[QEGzZAhHRX]|\\p\{(?:Alpha|Digit|Alnum|Upper|Lower|Punct|Space)\}|&&\[/.exec(rest);
  if (only !== null) {
    throw new Error(
      `regular expression ${pattern}: found ${only[0]}, expected what runs here too: Java alone has that`,
    );
  }
  return new RegExp(rest, `${inline}${flags}`);
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
