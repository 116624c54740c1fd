/** Which of `buckets` a text falls in: FNV-1a over its UTF-16 code units, the same on every machine. */
export function bucketOf(text: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % buckets;
}
