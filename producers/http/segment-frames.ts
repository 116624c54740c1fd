// Frames in a segment file: marker, number, length, checksums, payload. Numbers go on from one segment to the next, so
// that what is missing can be counted; the marker finds what comes behind damage.
import { crc32 } from 'node:zlib';
import { MAX_PAYLOAD_BYTES } from './segment-records.ts';

/** Bytes that no UTF-8 text has: no event holds it. */
const MARKER = Buffer.from([0xff, 0xfe, 0x54, 0xf7]);
const NUMBER_AT = 4;
const LENGTH_AT = 10;
const PAYLOAD_SUM_AT = 14;
const HEADER_SUM_AT = 18;
const HEADER_BYTES = 22;

/** `number`: under 2^48. */
export function encodeFrame(number: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  MARKER.copy(frame);
  frame.writeUIntBE(number, NUMBER_AT, 6);
  frame.writeUInt32BE(payload.length, LENGTH_AT);
  frame.writeUInt32BE(crc32(payload), PAYLOAD_SUM_AT);
  frame.writeUInt32BE(crc32(frame.subarray(0, HEADER_SUM_AT)), HEADER_SUM_AT);
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

export function frameBytes(payload: Buffer): number {
  return HEADER_BYTES + payload.length;
}

export interface Frame {
  readonly number: number;
  readonly payload: Buffer;
}

/** What stands behind the last frame: nothing, what a crash leaves of a write, or what was a frame once. */
export type SegmentTail = 'clean' | 'torn' | 'damaged';

export interface ScannedFrames {
  /** Whole ones, numbers ascending. */
  readonly frames: readonly Frame[];
  readonly tail: SegmentTail;
}

export function scanFrames(bytes: Buffer): ScannedFrames {
  const frames: Frame[] = [];
  let last = -1;
  let tail: SegmentTail = 'clean';
  for (let at = 0; at < bytes.length; ) {
    const header = readHeader(bytes, at);
    if (header === undefined) {
      const next = bytes.indexOf(MARKER, at + 1);
      tail = isTorn(bytes.subarray(at)) ? 'torn' : 'damaged';
      if (next === -1) break;
      at = next;
      continue;
    }
    const { number, payloadSum, end } = header;
    if (end > bytes.length) {
      tail = 'torn';
      // The file was cut here, or something was written over: look behind it all the same.
      const next = bytes.indexOf(MARKER, at + 1);
      if (next === -1) break;
      at = next;
      continue;
    }
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    const whole = crc32(payload) === payloadSum && number > last;
    if (whole) {
      frames.push({ number, payload });
      last = number;
      tail = 'clean';
      at = end;
      continue;
    }
    tail = 'damaged';
    // Its length is checked, but bytes may be missing in it: the next marker may come sooner.
    const next = bytes.indexOf(MARKER, at + 1);
    if (next === -1) break;
    at = next;
  }
  return { frames, tail };
}

function readHeader(
  bytes: Buffer,
  at: number,
): { readonly number: number; readonly payloadSum: number; readonly end: number } | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.compare(MARKER, 0, MARKER.length, at, at + 4) !== 0)
    return undefined;
  const length = bytes.readUInt32BE(at + LENGTH_AT);
  const sum = crc32(bytes.subarray(at, at + HEADER_SUM_AT));
  if (sum !== bytes.readUInt32BE(at + HEADER_SUM_AT) || length > MAX_PAYLOAD_BYTES) return undefined;
  return {
    number: bytes.readUIntBE(at + NUMBER_AT, 6),
    payloadSum: bytes.readUInt32BE(at + PAYLOAD_SUM_AT),
    end: at + HEADER_BYTES + length,
  };
}

/** Shorter than a header, or room that the file system gave and nothing was written to. */
function isTorn(rest: Buffer): boolean {
  return rest.length < HEADER_BYTES || rest.every((byte) => byte === 0);
}
