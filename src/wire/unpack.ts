// Compressed records. A record says nothing true about its size until it is unpacked, so the output is bounded.
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ReasonCode } from '../core/reason-codes.ts';
import type { UnpackBudget } from './unpack-budget.ts';

const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;
/** zlib's own way of saying that the output went past `maxOutputLength`. */
const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE';
/** A frame costs some 10 µs however empty it is, and a MiB has room for 80,000. Producers write one. */
const MAX_FRAMES = 1000;

export type Compression = 'gzip' | 'zstd';

export type Unpacked = { readonly kind: 'unpacked'; readonly bytes: Buffer } | Unreadable;
interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: ReasonCode;
  readonly detail: string;
}
type Step = { readonly kind: 'unpacked'; readonly bytes: Buffer; readonly consumed: number } | Unreadable;

/** Which compression the bytes claim, by their magic bytes. */
export function compressionOf(bytes: Buffer): Compression | undefined {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === GZIP_MAGIC) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === ZSTD_MAGIC) return 'zstd';
  return undefined;
}

/** Unpacks all members of gzip data or all frames of zstd data, to at most what the budget has left: all of it counts. */
export function unpack(bytes: Buffer, compression: Compression, budget: UnpackBudget): Unpacked {
  const maxBytes = budget.left;
  let unpacked: Buffer | undefined;
  let rest = bytes;
  for (let frames = 0; rest.length > 0; frames++) {
    if (frames > 0 && compressionOf(rest) !== compression) {
      if (compression === 'gzip' && rest.every(isZero)) break; // padding, as gzip itself takes it
      return unreadable(compression, `found ${rest.length} bytes behind its end`);
    }
    if (frames === MAX_FRAMES) return unreadable(compression, `found more than ${MAX_FRAMES} frames`);
    const leftBytes = budget.left;
    const step = unpackOnce(rest, compression, leftBytes);
    if (step.kind === 'unreadable') {
      if (step.reason === 'too-large') budget.take(budget.left + 1);
      else budget.takeDamaged();
      return step;
    }
    budget.take(step.bytes.length);
    if (budget.isOverrun) return tooLarge(compression, maxBytes);
    unpacked = unpacked === undefined ? step.bytes : Buffer.concat([unpacked, step.bytes]);
    rest = rest.subarray(step.consumed);
  }
  return { kind: 'unpacked', bytes: unpacked ?? bytes };
}

/** zlib takes all gzip members in one go, and of zstd one frame: the rest it leaves without a word. */
function unpackOnce(bytes: Buffer, compression: Compression, maxBytes: number): Step {
  // zlib refuses a limit of 0
  const options = { maxOutputLength: Math.max(maxBytes, 1), info: true };
  try {
    // With `info` zlib returns this instead of a Buffer; its types do not say so.
    const { buffer, engine } = (compression === 'gzip'
      ? gunzipSync(bytes, options)
      : zstdDecompressSync(bytes, options)) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return { kind: 'unpacked', bytes: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === TOO_LARGE) return tooLarge(compression, maxBytes);
    return unreadable(compression, `found ${bytes.length} bytes that do not unpack (${error.message})`);
  }
}

function isZero(byte: number): boolean {
  return byte === 0;
}

function tooLarge(compression: Compression, maxBytes: number): Unreadable {
  const detail = `${compression} data: found more than ${maxBytes} bytes when unpacked, expected at most that`;
  return { kind: 'unreadable', reason: 'too-large', detail };
}

function unreadable(compression: Compression, found: string): Unreadable {
  return {
    kind: 'unreadable',
    reason: compression,
    detail: `${compression} data: ${found}, expected whole ${compression} data`,
  };
}
