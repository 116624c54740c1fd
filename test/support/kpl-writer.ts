import { createHash } from 'node:crypto';

/** An aggregated record as the Kinesis Producer Library writes it: one partition key, the user records in order. */
export function kplRecord(userData: readonly Uint8Array[], partitionKey = 'key'): Buffer {
  const message = Buffer.concat([
    bytesField(1, Buffer.from(partitionKey)),
    ...userData.map((data) => bytesField(3, Buffer.concat([varintField(1, 0), bytesField(3, data)]))),
  ]);
  return kplFrame(message);
}

/** Magic, protobuf message, MD5: the frame around a message, which may be none. */
export function kplFrame(message: Uint8Array): Buffer {
  const checksum = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, checksum]);
}

export function bytesField(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

export function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
