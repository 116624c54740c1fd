// The bytes of an object of records, and back again with everything checked that it says of itself.
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { HourPlace } from '../../core/archive/archive-names.ts';
import { hourOf } from '../../core/archive/archive-names.ts';
import {
  type ArchivedLine,
  type ArchivedObjectHeader,
  headerLine,
  type ParsedLine,
  readArchivedLine,
  readHeader,
} from '../../core/archive/archived-object.ts';
import { addDigests, EMPTY_DIGEST, type ManifestEntry } from '../../core/archive/manifest.ts';
import { quote } from '../../core/describe-found.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { ArchiveError } from './archive-error.ts';

/** The largest record is 10 MiB, which as text takes six times that at worst. */
export const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

export interface UnpackedObject {
  readonly header: ArchivedObjectHeader;
  /** In order of their sequence numbers; at least one. */
  readonly records: readonly ParsedLine[];
}

/** `records`: in order of their sequence numbers, at least one, all of the place's hour. */
export function packObject(place: HourPlace, records: readonly ArchivedLine[]): Buffer {
  const { sequence: first } = endOf(records, 0);
  const { sequence: last } = endOf(records, -1);
  const header = headerLine({ ...place, records: records.length, first, last });
  const text = `${header}\n${records.map(({ line }) => `${line}\n`).join('')}`;
  return zstdCompressSync(text, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

/** Level 9 takes four to six times as long for a tenth less. */
const LEVEL = 3;

/** What a manifest says of some of an object's records. */
export function entryOf(
  name: string,
  records: readonly ArchivedLine[],
  stored: Pick<ManifestEntry, 'size' | 'sha256'>,
): ManifestEntry {
  const arrivals = records.map(({ arrivalMs }) => arrivalMs);
  return {
    name,
    first: endOf(records, 0).sequence,
    last: endOf(records, -1).sequence,
    records: records.length,
    bytes: records.reduce((total, { line }) => total + Buffer.byteLength(line), 0),
    digest: digestOf(records),
    firstArrivalMs: arrivals.reduce((a, b) => Math.min(a, b)),
    lastArrivalMs: arrivals.reduce((a, b) => Math.max(a, b)),
    ...stored,
  };
}

/** Sum of the hashes of all lines, modulo 2^256: no matter in which order they come, or in how many pieces. */
export function digestOf(records: Iterable<Pick<ArchivedLine, 'line'>>): string {
  let sum = 0n;
  for (const { line } of records) sum += BigInt(`0x${sha256Of(line)}`);
  return addDigests(EMPTY_DIGEST, BigInt.asUintN(256, sum).toString(16));
}

export function sha256Of(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** @throws ArchiveError, where the bytes are not whole, or not what the header says */
export function unpackObject(object: string, body: Buffer, place: HourPlace): UnpackedObject {
  const lines = textOf(object, body).split('\n');
  if (lines.pop() !== '')
    throw damaged(object, lines.length + 1, 'found no end of the line, expected whole lines');
  const [first = '', ...rest] = lines;
  const header = readHeader(parse(object, 1, first));
  if (typeof header === 'string') {
    throw new ArchiveError(header.startsWith('version') ? 'newer' : 'damaged', { object, line: 1 }, header);
  }
  for (const name of ['stream', 'shard', 'hour'] as const) {
    if (header[name] === place[name]) continue;
    throw damaged(
      object,
      1,
      `${name}: found ${quote(header[name])}, expected ${place[name]}, as its name says`,
    );
  }
  const records = rest.map((line, at) => {
    const record = readArchivedLine(parse(object, at + 2, line), line);
    if (typeof record === 'string') throw damaged(object, at + 2, record);
    return record;
  });
  checkOrder(object, records, header);
  return { header, records };
}

function textOf(object: string, body: Buffer): string {
  try {
    // With `info` zlib returns this instead of a Buffer; its types do not say so.
    const { buffer, engine } = zstdDecompressSync(body, {
      maxOutputLength: MAX_UNPACKED_BYTES,
      info: true,
    }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const behind = body.length - engine.bytesWritten;
    if (behind > 0) throw damaged(object, undefined, `found ${behind} bytes behind the end of its zstd data`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error instanceof ArchiveError) throw error;
    const problem = `found ${body.length} bytes that are not whole zstd data of UTF-8 (${error.message})`;
    throw damaged(object, undefined, problem, { cause: error });
  }
}

function parse(object: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(object, line, `found ${quote(text)}, expected a JSON object`, { cause: error });
  }
}

function checkOrder(object: string, records: readonly ArchivedLine[], header: ArchivedObjectHeader): void {
  if (records.length !== header.records) {
    throw damaged(
      object,
      undefined,
      `found ${records.length} records, expected ${header.records}, as its first line says`,
    );
  }
  for (const [at, { sequence, arrivalMs }] of records.entries()) {
    const before = records[at - 1];
    if (before !== undefined && compareSequenceNumbers(before.sequence, sequence) >= 0) {
      throw damaged(
        object,
        at + 2,
        `found sequence number ${sequence} behind ${before.sequence}, expected them to go up`,
      );
    }
    if (hourOf(arrivalMs) !== header.hour) {
      throw damaged(
        object,
        at + 2,
        `found an arrival in the hour ${hourOf(arrivalMs)}, expected ${header.hour}`,
      );
    }
  }
  const [first, last] = [records[0]?.sequence, records.at(-1)?.sequence];
  if (first !== header.first || last !== header.last) {
    throw damaged(
      object,
      undefined,
      `found records ${first} to ${last}, expected ${header.first} to ${header.last}, as its first line says`,
    );
  }
}

function damaged(
  object: string,
  line: number | undefined,
  problem: string,
  options?: ErrorOptions,
): ArchiveError {
  return new ArchiveError('damaged', { object, line }, problem, options);
}

function endOf(records: readonly ArchivedLine[], at: number): ArchivedLine {
  const record = records.at(at);
  if (record === undefined) throw new RangeError('found no records, expected at least one');
  return record;
}
