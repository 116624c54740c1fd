import { createHash } from 'node:crypto';

/** Where a dead letter stands in its table. */
export interface LetterKey {
  readonly record: string;
  readonly event: string;
}

/** What stands for a stream in keys: another has shards of the same names, and may have the same sequence numbers. */
export function streamMark(stream: string): string {
  return createHash('sha256').update(stream).digest('base64url').slice(0, 8);
}
