import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { foreignFile } from './foreign-file.ts';
import { RecordingError } from './recording-error.ts';

const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;

/** What a tar archive is known by ends there. */
const HEAD_BYTES = 262;

/**
 * The bytes of a plain, gzip or zstd file, told apart by the magic bytes. Failures of file or packing become RecordingErrors, and
 * so does a file of a kind that is no text.
 */
export async function* plainChunks(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of unpackedChunks(file, chunks)) {
    const problem = isFirst ? foreignFile(chunk) : undefined;
    if (problem !== undefined) throw new RecordingError('foreign', { file }, problem);
    isFirst = false;
    yield chunk;
  }
}

async function* unpackedChunks(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    const iterator = chunks[Symbol.asyncIterator]();
    const head = await readHead(iterator);
    const whole = Readable.from(chunksAgain(head, iterator));
    const packing = packingOf(head);
    if (packing === undefined) {
      yield* whole;
    } else {
      const unpacking = packing === 'gzip' ? createGunzip() : createZstdDecompress();
      // A failure destroys what unpacks with it, and so comes out of the iteration below.
      pipeline(whole, unpacking, () => {});
      yield* unpacking;
    }
  } catch (error) {
    throw asRecordingError(file, error);
  }
}

function packingOf(head: Buffer): 'gzip' | 'zstd' | undefined {
  if (head.length >= 2 && head.readUInt16BE(0) === GZIP_MAGIC) return 'gzip';
  return head.length >= 4 && head.readUInt32BE(0) === ZSTD_MAGIC ? 'zstd' : undefined;
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const { done, value } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

/** Everything from the beginning; the source is released when reading ends early. */
async function* chunksAgain(head: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
  } finally {
    await iterator.return?.();
  }
}

function asRecordingError(file: string, error: unknown): unknown {
  // What was unpacked by whoever gave it has been told already.
  if (error instanceof RecordingError) return error;
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { code, message } = error;
  const options = { cause: error };
  if (code === 'Z_BUF_ERROR') {
    const problem = `found the end of the file inside its gzip data, expected whole gzip data (${message})`;
    return new RecordingError('truncated', { file }, problem, options);
  }
  if (typeof code === 'string' && code.startsWith('ZSTD_')) {
    return new RecordingError('malformed', { file }, `found damaged zstd data (${message})`, options);
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new RecordingError('malformed', { file }, `found damaged gzip data (${message})`, options);
  }
  const problem = typeof code === 'string' ? UNREADABLE[code] : undefined;
  return new RecordingError('unreadable', { file }, problem ?? `cannot be read: ${message}`, options);
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EISDIR: 'found a folder, expected a file',
  ENOENT: 'there is no such file',
};
