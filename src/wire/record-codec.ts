// Bytes of a Kinesis record to telemetry events. Every event gets an item, and so does data that is no event at all:
// nothing that a producer can send throws.
import { asciiText } from './ascii-text.ts';
import { decodePart, quarantinePart } from './decode-part.ts';
import { type DecodeOptions, decodeText, MAX_EVENTS_PER_RECORD, tooMany } from './decode-text.ts';
import type { DecodedItem, Refusal } from './decoded-item.ts';
import { isKpl, readKpl } from './kpl.ts';

/** What a record may unpack to, all its user records together. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
const NESTED: Refusal = {
  reason: 'kpl',
  detail: 'user record: found a KPL record, expected none in another',
};

/**
 * What became of each event of one Kinesis record, in order; data that is no event at all is one item, and an empty
 * array none. `data` is the record's base64. The same data gives the same items on every delivery.
 */
export function decodeRecord(data: string, options: DecodeOptions): DecodedItem[] {
  const items: DecodedItem[] = [];
  const text = asciiText(data, MAX_UNPACKED_BYTES);
  if (text !== undefined && decodeText(text, options, items) === undefined) return items;

  const bytes = Buffer.from(data, 'base64');
  const outcome = isKpl(bytes)
    ? decodeAggregated(bytes, options, items)
    : decodePart(bytes, MAX_UNPACKED_BYTES, options, items);
  return typeof outcome === 'number' ? items : [quarantinePart(bytes, outcome, 0)];
}

/** Decodes each user record by itself. Gives the bytes they unpacked to, or why the record as a whole is refused. */
function decodeAggregated(bytes: Buffer, options: DecodeOptions, items: DecodedItem[]): number | Refusal {
  const records = readKpl(bytes);
  if (records.kind === 'unreadable') return { reason: 'kpl', detail: records.detail };
  let unpackedBytes = 0;
  for (const part of records.userData) {
    const outcome = isKpl(part)
      ? NESTED
      : decodePart(part, MAX_UNPACKED_BYTES - unpackedBytes, options, items);
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
