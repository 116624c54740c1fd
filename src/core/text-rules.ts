// What a text must be to serve as a name or a key. Tables and maps compare UTF-8: two texts that differ only in lone
// surrogates would become one there.

const DELETE = 0x7f;
const LAST_CONTROL = 0x9f;

/** 1 to `max` characters (code points). */
export function hasLength(text: string, max: number): boolean {
  return text.length > 0 && (text.length <= max || isShortInCodePoints(text, max));
}

/** 1 to `max` characters, none of them a control character (Unicode category Cc) or half of a surrogate pair. */
export function isPrintable(text: string, max: number): boolean {
  if (!hasLength(text, max)) return false;
  let surrogates = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= DELETE && unit <= LAST_CONTROL)) return false;
    if (unit >= 0xd800 && unit <= 0xdfff) surrogates = true;
  }
  return !surrogates || text.isWellFormed();
}

function isShortInCodePoints(text: string, max: number): boolean {
  if (text.length > 2 * max) return false;
  let characters = 0;
  for (const _ of text) characters++;
  return characters <= max;
}
