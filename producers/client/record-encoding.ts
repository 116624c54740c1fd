// The bytes of a record: the events of one source with the source stated once.
import { gzipSync } from 'node:zlib';
import type { JsonObject } from './event-input.ts';

/** An accepted event, ready to be put into a record. */
export interface EncodedEvent {
  /** The event as JSON, without its source. */
  readonly json: string;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
}

/** Encodes an event without its source; throws as `JSON.stringify` does (cycles, bigint). */
export function encodeEvent(event: JsonObject, id: string | undefined): EncodedEvent {
  const { source: _, ...rest } = event;
  const json = JSON.stringify(id === undefined ? rest : { ...rest, id });
  return { json, bytes: Buffer.byteLength(json) };
}

/** `{"source":…,"events":[…]}`, gzipped above a size if that makes it smaller. */
export function encodeRecord(
  source: string,
  events: readonly EncodedEvent[],
  gzipAboveBytes: number | undefined,
): Uint8Array {
  const plain = Buffer.from(`${head(source)}${events.map((event) => event.json).join(',')}${TAIL}`);
  if (gzipAboveBytes === undefined || plain.byteLength <= gzipAboveBytes) return plain;
  const packed = gzipSync(plain);
  return packed.byteLength < plain.byteLength ? packed : plain;
}

/** What a record of this source weighs beside its events and the commas between them, partition key included. */
export function recordOverheadBytes(source: string): number {
  return Buffer.byteLength(head(source)) + TAIL.length + Buffer.byteLength(source);
}

const TAIL = ']}';

function head(source: string): string {
  return `{"source":${JSON.stringify(source)},"events":[`;
}
