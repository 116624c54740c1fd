// Bytes of a Kinesis record to telemetry events. Every event gets an item, and so does data that is no event at all:
// nothing that a producer can send throws.
import { decodePart, quarantinePart } from './decode-part.ts';
import { type DecodeOptions, MAX_EVENTS_PER_RECORD, tooMany } from './decode-text.ts';
import type { DecodedItem, Refusal } from './decoded-item.ts';
import { isKpl, readKpl } from './kpl.ts';

/** What a record may unpack to, all its user records together. */
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

// Small records are read in a buffer used again and again: a tenth of the time of a new one each. Nothing is kept in it
// from one call to the next, and nothing handed out points into it.
const SCRATCH_BYTES = 48 * 1024;
const SCRATCH_BASE64_LENGTH = (SCRATCH_BYTES / 3) * 4;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * What became of each event of one Kinesis record, in order; data that is no event at all is one item, and an empty
 * array none. `data` is the record's base64. The same data gives the same items on every delivery.
 */
export function decodeRecord(data: string, options: DecodeOptions): DecodedItem[] {
  const items: DecodedItem[] = [];
  let bytes = scratch;
  let length: number;
  if (data.length <= SCRATCH_BASE64_LENGTH) {
    length = scratch.write(data, 0, 'base64');
  } else {
    bytes = Buffer.from(data, 'base64');
    length = bytes.length;
  }
  const { arrivalMs, maxClockSkewMs } = options;
  const outcome = isKpl(bytes, length)
    ? decodeAggregated(bytes.subarray(0, length), options, items)
    : decodePart({ bytes, length }, { arrivalMs, maxClockSkewMs, maxBytes: MAX_UNPACKED_BYTES }, items);
  if (typeof outcome === 'number') return items;
  return [quarantinePart({ bytes, length }, outcome, 0)];
}

const NESTED: Refusal = {
  reason: 'kpl',
  detail: 'user record: found a KPL record, expected none in another',
};

/** Decodes each user record by itself. Gives the bytes they unpacked to, or why the record as a whole is refused. */
function decodeAggregated(bytes: Buffer, options: DecodeOptions, items: DecodedItem[]): number | Refusal {
  const records = readKpl(bytes);
  if (records.kind === 'unreadable') return { reason: 'kpl', detail: records.detail };
  let unpackedBytes = 0;
  for (const userData of records.userData) {
    const part = { bytes: userData, length: userData.length };
    const maxBytes = MAX_UNPACKED_BYTES - unpackedBytes;
    const outcome = isKpl(userData, userData.length)
      ? NESTED
      : decodePart(part, { ...options, maxBytes }, items);
    if (typeof outcome === 'number') {
      unpackedBytes += outcome;
    } else if (outcome.reason === 'too-large' || outcome.reason === 'too-many-events') {
      return outcome;
    } else {
      items.push(quarantinePart(part, outcome, items.length));
    }
    if (items.length > MAX_EVENTS_PER_RECORD) return tooMany(items.length);
  }
  return unpackedBytes;
}
