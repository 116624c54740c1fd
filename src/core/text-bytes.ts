/** What a text takes in an item, at most: a code unit has up to three bytes in UTF-8. */
export function textBytes(text: string): number {
  return 2 + 3 * text.length;
}
