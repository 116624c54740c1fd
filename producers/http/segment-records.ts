// Records in a segment file: length, checksum, payload. A crash may leave half a record at the end, a bad disk anything.
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 8;
/** No event is larger: a length beyond it is damage. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

export function encodeRecord(payload: Buffer): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  record.writeUInt32BE(payload.length, 0);
  record.writeUInt32BE(crc32(payload), 4);
  payload.copy(record, HEADER_BYTES);
  return record;
}

export function recordBytes(payload: Buffer): number {
  return HEADER_BYTES + payload.length;
}

export type ScannedRecord =
  | { readonly kind: 'whole'; readonly payload: Buffer; readonly end: number }
  /** Its checksum is wrong: what it says is lost, what follows is not. */
  | { readonly kind: 'damaged'; readonly end: number }
  /** The bytes end before it does, or its length is none: nothing behind it can be found. */
  | { readonly kind: 'torn' };

/** The record at `at`; undefined at the end. */
export function scanRecord(bytes: Buffer, at: number): ScannedRecord | undefined {
  if (at >= bytes.length) return undefined;
  if (at + HEADER_BYTES > bytes.length) return { kind: 'torn' };
  const length = bytes.readUInt32BE(at);
  const end = at + HEADER_BYTES + length;
  if (length === 0 || length > MAX_PAYLOAD_BYTES || end > bytes.length) return { kind: 'torn' };
  const payload = bytes.subarray(at + HEADER_BYTES, end);
  return crc32(payload) === bytes.readUInt32BE(at + 4)
    ? { kind: 'whole', payload, end }
    : { kind: 'damaged', end };
}
