// The lines of a file as texts, whatever chunks it comes in. By hand: `readline` takes longer for a line than parsing it.
import { plainChunks } from './plain-chunks.ts';
import { RecordingError } from './recording-error.ts';
import { notUtf8, utf8Text } from './utf8-text.ts';

/** The largest record in base64 takes 14 MB; a binary file taken for a recording is told before it fills the memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of a plain or gzip file, some at a time, without their ends. */
export async function* plainLines(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let line = 0;
  let open: Buffer[] = [];
  let openBytes = 0;
  for await (const chunk of plainChunks(file, chunks)) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      const lines = splitLines(Buffer.concat([...open, chunk.subarray(0, end + 1)]), file, line);
      line += lines.length;
      open = [];
      openBytes = 0;
      yield lines;
    }
    const rest = chunk.subarray(end + 1);
    open.push(rest);
    openBytes += rest.length;
    if (openBytes > MAX_LINE_BYTES) throw endless(file, line + 1, openBytes);
  }
  if (openBytes > 0) yield splitLines(Buffer.concat(open), file, line);
}

function splitLines(bytes: Buffer, file: string, linesBefore: number): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline < 0 ? bytes.length : newline + 1;
    const end = newline < 0 ? bytes.length : newline;
    const content = bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end);
    const text = utf8Text(content);
    if (text === undefined) {
      const where = { file, line: linesBefore + lines.length + 1 };
      throw new RecordingError('malformed', where, notUtf8(content));
    }
    lines.push(text);
    start = next;
  }
  return lines;
}

function endless(file: string, line: number, found: number): RecordingError {
  const problem = `found ${found} bytes without an end of line, expected at most ${MAX_LINE_BYTES}`;
  return new RecordingError('malformed', { file, line }, problem);
}
