// Records as earlier releases kept them in segments, and as the note of what was taken is kept: length, checksum, payload.
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

export interface KeptRecord {
  readonly payload: Buffer;
  readonly end: number;
}

/** The whole record at `at`; undefined where there is none, or a damaged one. */
export function readRecord(bytes: Buffer, at: number): KeptRecord | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const end = at + HEADER_BYTES + bytes.readUInt32BE(at);
  if (end > bytes.length || end === at + HEADER_BYTES || end > at + HEADER_BYTES + MAX_PAYLOAD_BYTES)
    return undefined;
  const payload = bytes.subarray(at + HEADER_BYTES, end);
  return crc32(payload) === bytes.readUInt32BE(at + 4) ? { payload, end } : undefined;
}

export interface ScannedRecords {
  readonly records: readonly KeptRecord[];
  /** Places where there is damage: each has cost a record or more, which cannot be told without numbers. */
  readonly damaged: number;
}

/** `mayBeTorn`: a crash may have cut the last one, which was never answered for then. */
export function scanRecords(
  bytes: Buffer,
  from: number,
  { mayBeTorn }: { readonly mayBeTorn: boolean },
): ScannedRecords {
  const records: KeptRecord[] = [];
  let damaged = 0;
  for (let at = from; at < bytes.length; ) {
    const record = readRecord(bytes, at);
    if (record !== undefined) {
      records.push(record);
      at = record.end;
      continue;
    }
    // No length is trusted here. One in text is beyond all bounds, so that few places need their checksum made.
    let next = at + 1;
    while (next < bytes.length && readRecord(bytes, next) === undefined) next += 1;
    if (next < bytes.length || !mayBeTorn || !isTorn(bytes.subarray(at))) damaged += 1;
    at = next;
  }
  return { records, damaged };
}

function isTorn(rest: Buffer): boolean {
  if (rest.length < HEADER_BYTES || rest.every((byte) => byte === 0)) return true;
  const length = rest.readUInt32BE(0);
  return length <= MAX_PAYLOAD_BYTES && HEADER_BYTES + length > rest.length;
}
