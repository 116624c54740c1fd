// How far a source has been folded in, as bytes: each shard it ever came through, in a few bytes more than its sequence number
// differs from the one before.
import type { SequenceNumber, ShardId } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { RecordRest, UpTo } from './source-state.ts';

export function writePositions(writer: ByteWriter, positions: readonly UpTo[]): void {
  const streams: (string | undefined)[] = [];
  for (const { stream } of positions) if (!streams.includes(stream)) streams.push(stream);
  writer.varint(streams.length);
  for (const stream of streams) writer.text(stream === undefined ? '' : shortStream(stream));
  writer.varint(positions.length);
  let before = '';
  for (const { stream, shard, sequence, index } of positions) {
    if (streams.length > 1) writer.varint(streams.indexOf(stream));
    writeShard(writer, shard);
    writeDigits(writer, sequence, before);
    writer.varint(index);
    before = sequence;
  }
}

export function readPositions(reader: ByteReader): UpTo[] {
  const streams = Array.from({ length: reader.varint() }, () => reader.text());
  let before = '';
  return Array.from({ length: reader.varint() }, (): UpTo => {
    const text = streams[streams.length > 1 ? reader.varint() : 0];
    if (text === undefined)
      throw new Error(`position of a stream that is not among the ${streams.length} told`);
    const shard = readShard(reader);
    const sequence = readDigits(reader, before);
    before = sequence;
    const index = reader.varint();
    return { stream: text === '' ? undefined : longStream(text), shard, sequence, index, rest: 'by-index' };
  });
}

/** What `writePositions` leaves out: which records were folded in by half. Stands at the end of a state, where older ones have nothing. */
export function writeRests(writer: ByteWriter, positions: readonly UpTo[]): void {
  let halves = 0;
  for (const { rest } of positions) if (rest !== 'none') halves += 1;
  writer.varint(halves);
  if (halves === 0) return;
  for (const [at, { rest }] of positions.entries()) {
    if (rest === 'none') continue;
    writer.varint(at);
    writer.varint(rest === 'by-index' ? 0 : 1 + rest);
  }
}

export function readRests(reader: ByteReader, positions: readonly UpTo[]): readonly UpTo[] {
  const rests = new Map<number, RecordRest>();
  for (let left = reader.varint(); left > 0; left -= 1) {
    const at = reader.varint();
    const kept = reader.varint();
    rests.set(at, kept === 0 ? 'by-index' : kept - 1);
  }
  return positions.map((position, at) => ({ ...position, rest: rests.get(at) ?? 'none' }));
}

/** As the second form of a state had them: of which stream was not told. */
export function readPositionsV2(reader: ByteReader): UpTo[] {
  return Array.from(
    { length: reader.varint() },
    (): UpTo => ({
      stream: undefined,
      shard: readShard(reader),
      sequence: readDigitsV2(reader),
      index: reader.varint(),
      rest: 'by-index',
    }),
  );
}

/** How all streams of Kinesis in one partition of AWS begin. */
const USUAL_STREAM = 'arn:aws:kinesis:';
const SHORTENED = '~';

function shortStream(stream: string): string {
  return stream.startsWith(USUAL_STREAM) ? SHORTENED + stream.slice(USUAL_STREAM.length) : stream;
}

function longStream(text: string): string {
  return text.startsWith(SHORTENED) ? USUAL_STREAM + text.slice(SHORTENED.length) : text;
}

/** Kinesis numbers its shards; any other name is a text. */
const NUMBERED_SHARD = /^shardId-\d{12}$/;
const SHARD_PREFIX = 'shardId-';

function writeShard(writer: ByteWriter, shard: ShardId): void {
  const isNumbered = NUMBERED_SHARD.test(shard);
  writer.varint(isNumbered ? Number(shard.slice(SHARD_PREFIX.length)) + 1 : 0);
  if (!isNumbered) writer.text(shard);
}

function readShard(reader: ByteReader): ShardId {
  const number = reader.varint();
  // any text names a shard
  return (number === 0 ? reader.text() : `shardId-${String(number - 1).padStart(12, '0')}`) as ShardId;
}

/** How many pairs of digits are those of the number before; then the others, two a byte. */
function writeDigits(writer: ByteWriter, digits: string, before: string): void {
  let shared = 0;
  while (
    shared + 1 < digits.length &&
    digits[shared] === before[shared] &&
    digits[shared + 1] === before[shared + 1]
  )
    shared += 2;
  writer.varint(shared / 2);
  writer.varint(digits.length - shared);
  for (let at = shared; at < digits.length; at += 2) {
    const low = at + 1 < digits.length ? digits.charCodeAt(at + 1) - DIGIT_0 : 0;
    writer.byte((digits.charCodeAt(at) - DIGIT_0) * 10 + low);
  }
}

function readDigits(reader: ByteReader, before: string): SequenceNumber {
  const shared = before.slice(0, reader.varint() * 2);
  return (shared + readDigitsV2(reader)) as SequenceNumber; // as it was written
}

function readDigitsV2(reader: ByteReader): SequenceNumber {
  const length = reader.varint();
  let digits = '';
  while (digits.length < length) {
    const pair = reader.byte();
    digits += String.fromCharCode(DIGIT_0 + Math.floor(pair / 10));
    if (digits.length < length) digits += String.fromCharCode(DIGIT_0 + (pair % 10));
  }
  return digits as SequenceNumber; // as it was written
}

const DIGIT_0 = 0x30;
