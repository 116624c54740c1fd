// A text that is base64 of JSON, or of compressed JSON: how gateways put a payload into a payload.
import { inflateSync } from 'node:zlib';
import { compressionOf, unpack } from '../unpack.ts';
import { UnpackBudget } from '../unpack-budget.ts';
import { utf8Text } from '../utf8-text.ts';

const BASE64 = /^[A-Za-z0-9+/_-]{8,}={0,2}$/;

/** undefined where the text is no base64, or of something that does not begin as JSON. */
export function unpackText(text: string, budget: UnpackBudget): string | undefined {
  const packed = text.trim();
  if (!BASE64.test(packed)) return undefined;
  const bytes = plainBytes(Buffer.from(packed, 'base64'), budget);
  const inner = bytes === undefined ? undefined : utf8Text(bytes);
  return inner !== undefined && /^\s*[[{"]/.test(inner) ? inner : undefined;
}

/** What gzip, zstd or zlib data unpacks to; data that is none of them as it is; undefined for what does not unpack. */
export function plainBytes(bytes: Buffer, budget = new UnpackBudget()): Buffer | undefined {
  const compression = compressionOf(bytes);
  if (compression !== undefined) {
    const unpacked = unpack(bytes, compression, budget);
    return unpacked.kind === 'unpacked' ? unpacked.bytes : undefined;
  }
  if (!isZlib(bytes)) return bytes;
  return inflate(bytes, budget);
}

/** RFC 1950: deflate with a window of up to 32 KiB, and a header that is a multiple of 31. */
export function isZlib(bytes: Buffer): boolean {
  return bytes.length > 2 && (bytes.readUInt8(0) & 0x8f) === 0x08 && bytes.readUInt16BE(0) % 31 === 0;
}

/** undefined for what does not unpack, or to more than the budget has left. */
export function inflate(bytes: Buffer, budget: UnpackBudget): Buffer | undefined {
  try {
    const inflated = inflateSync(bytes, { maxOutputLength: Math.max(budget.left, 1) });
    budget.take(inflated.length);
    return budget.isOverrun ? undefined : inflated;
  } catch (error) {
    // zlib's own errors have codes: damaged, cut short, or larger than allowed.
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ERR_BUFFER_TOO_LARGE') budget.take(budget.left + 1);
    else budget.takeDamaged();
    return undefined;
  }
}
