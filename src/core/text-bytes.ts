/** What a text takes in an item, at most: its bytes in UTF-8, and how many they are. */
export function textBytes(text: string): number {
  let bytes = 2 + text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // The halves of a surrogate pair take two each.
    if (code >= 0x80) bytes += code >= 0x800 && (code & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return bytes;
}

/** A code unit takes three bytes at most. */
export function mostTextBytes(codeUnits: number): number {
  return 2 + 3 * codeUnits;
}

/** What `ByteWriter.signed` makes of a whole number: the sign and six bits, then seven bits a byte. */
export function signedBytes(n: number): number {
  let left = Math.floor(Math.abs(n) / 0x40);
  let bytes = 1;
  while (left > 0) {
    bytes += 1;
    left = Math.floor(left / 0x80);
  }
  return bytes;
}
