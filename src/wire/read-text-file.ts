// A file that is read whole, as text.
import { createReadStream } from 'node:fs';
import { plainChunks } from './plain-chunks.ts';
import { RecordingError } from './recording-error.ts';
import { notUtf8, utf8Text } from './utf8-text.ts';

/** Plain, gzip or zstd, without a byte order mark. @throws RecordingError for what cannot be read, or is no text */
export async function readTextFile(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of plainChunks(file, createReadStream(file))) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = utf8Text(bytes);
  if (text === undefined) throw new RecordingError('foreign', { file }, notUtf8(bytes));
  return text.replace(/^\ufeff/, '');
}
