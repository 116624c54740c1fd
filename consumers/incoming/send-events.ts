// Puts the events of a file into the stream, so many at a time that a run can end between any two. A call has one record of a source
// at most, and the next call waits for it: what the stream takes later than the rest is not overtaken.
import type { Clock } from '../../src/platform/clock.ts';
import type { OutgoingRecord, OutgoingStream } from '../../src/platform/outgoing-stream.ts';
import type { RawEvent } from '../../src/wire/raw-event.ts';
import type { IncomingItem } from './read-incoming.ts';

/** What the next call puts into the stream, and how far the file is then. */
export interface Chunk {
  readonly records: readonly OutgoingRecord[];
  readonly events: number;
  /** Items of the file up to the chunk's end. */
  readonly upTo: number;
}

/** What one call takes: PutRecords has at most 500 records and 5 MB. */
export interface ChunkLimits {
  readonly records: number;
  readonly bytes: number;
  /** Most bytes and events of one record, and so of one source in a call. */
  readonly recordBytes: number;
  readonly recordEvents: number;
}

/** A record is a quarter of what a shard takes in a second. */
export const CHUNK_LIMITS: ChunkLimits = {
  records: 500,
  bytes: 4_000_000,
  recordBytes: 250_000,
  recordEvents: 1_000,
};

/** `from`: items that are in the stream already. `ids`: what the ids begin with of events that have none. */
export async function* chunksOf(
  items: AsyncIterable<IncomingItem>,
  { from, ids, limits }: { readonly from: number; readonly ids: string; readonly limits: ChunkLimits },
): AsyncGenerator<Chunk> {
  let at = 0;
  let open = new OpenChunk(limits);
  for await (const item of items) {
    at += 1;
    if (at <= from || item.kind === 'bad') continue;
    const text = textOf(item.event, `${ids}-${at}`);
    if (!open.hasRoomFor(item.event.source, text)) {
      yield open.close(at - 1);
      open = new OpenChunk(limits);
    }
    open.add(item.event.source, text);
  }
  if (open.events > 0) yield open.close(at);
}

function textOf({ id, fields }: RawEvent, given: string): string {
  return JSON.stringify({ ...fields, id: id ?? given });
}

class OpenChunk {
  events = 0;
  readonly #bySource = new Map<string, { readonly texts: string[]; bytes: number }>();
  readonly #limits: ChunkLimits;
  #bytes = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  hasRoomFor(source: string, text: string): boolean {
    const own = this.#bySource.get(source);
    const bytes = Buffer.byteLength(text);
    if (this.events > 0 && this.#bytes + bytes > this.#limits.bytes) return false;
    if (own === undefined) return this.#bySource.size < this.#limits.records;
    return own.texts.length < this.#limits.recordEvents && own.bytes + bytes <= this.#limits.recordBytes;
  }

  add(source: string, text: string): void {
    const bytes = Buffer.byteLength(text) + 1;
    const own = this.#bySource.get(source) ?? { texts: [], bytes: 0 };
    this.#bySource.set(source, own);
    own.texts.push(text);
    own.bytes += bytes;
    this.#bytes += bytes;
    this.events += 1;
  }

  close(upTo: number): Chunk {
    const records = [...this.#bySource].map(([source, { texts }]) => ({
      partitionKey: source,
      data: Buffer.from(`{"source":${JSON.stringify(source)},"events":[${texts.join(',')}]}`),
    }));
    return { records, events: this.events, upTo };
  }
}

const MAX_TRIES = 12;
const BASE_MS = 100;
const CAP_MS = 5_000;

/** @throws Error where the stream does not take a record: what of the chunk is in it is put there again with the whole, and counts once */
export async function putChunk(
  { records }: Chunk,
  {
    stream,
    clock,
    random,
  }: { readonly stream: OutgoingStream; readonly clock: Clock; readonly random: () => number },
): Promise<void> {
  let left = records;
  for (let tries = 1; ; tries += 1) {
    const answers = await stream.put(left);
    const refused = left.filter((_, at) => answers[at] !== undefined);
    if (refused.length === 0) return;
    if (tries === MAX_TRIES)
      throw new Error(
        `the stream did not take ${refused.length} of ${records.length} records after ${tries} tries: ${answers.find((answer) => answer !== undefined)}`,
      );
    left = refused;
    await clock.sleep(random() * Math.min(CAP_MS, BASE_MS * 2 ** tries));
  }
}
