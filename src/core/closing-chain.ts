// Windows of an aggregation are numbered as they close, each with totals of those closed before it. So the stored windows show
// whether one is missing or differs from what was closed, whatever has expired.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { WindowBounds } from './window-spec.ts';

/** What a source knows of the windows that an aggregation has closed. */
export interface ClosingChain {
  /** Distinguishes the chain from earlier ones: what the source had received when it began. 0: it began with the source. */
  readonly id: number;
  /** Windows closed, and events in them. */
  windows: number;
  events: number;
  /** The one closed last. */
  last: WindowBounds | undefined;
  /**
   * What the books counted for the aggregation, minus what its windows held, when the chain began; this difference stays the same.
   * 0 if the chain began with the source.
   */
  readonly offset: number;
}

/** A closed window's place in its chain. */
export interface ChainLink {
  readonly chain: number;
  /** From 1. */
  readonly number: number;
  /** Events in those before it. */
  readonly before: number;
  readonly previous: WindowBounds | undefined;
}

/** The parts of a window that are counted. */
export interface CountedWindow extends Readonly<WindowBounds> {
  readonly groups: readonly { readonly events: number }[];
}

export function emptyChain({ id = 0, offset = 0 }: Partial<ClosingChain> = {}): ClosingChain {
  return { id, windows: 0, events: 0, last: undefined, offset };
}

/** Adds a closing window at the end of the chain. */
export function addToChain(chain: ClosingChain, window: CountedWindow): ChainLink {
  const link = { chain: chain.id, number: chain.windows + 1, before: chain.events, previous: chain.last };
  chain.windows += 1;
  chain.events += eventsIn(window);
  chain.last = { start: window.start, end: window.end };
  return link;
}

export function eventsIn({ groups }: Pick<CountedWindow, 'groups'>): number {
  return groups.reduce((sum, { events }) => sum + events, 0);
}

export function writeChain(writer: ByteWriter, chain: ClosingChain, from: EpochMs): void {
  writer.varint(chain.id);
  writer.varint(chain.windows);
  writer.varint(chain.events);
  writer.signed(chain.offset);
  writeBounds(writer, chain.last, from);
}

export function readChain(reader: ByteReader, from: EpochMs): ClosingChain {
  const [id, windows, events] = [reader.varint(), reader.varint(), reader.varint()];
  const offset = reader.signed();
  return { id, windows, events, offset, last: readBounds(reader, from) };
}

export function writeLink(writer: ByteWriter, link: ChainLink, from: EpochMs): void {
  writer.varint(link.chain);
  writer.varint(link.number);
  writer.varint(link.before);
  writeBounds(writer, link.previous, from);
}

export function readLink(reader: ByteReader, from: EpochMs): ChainLink {
  const [chain, number, before] = [reader.varint(), reader.varint(), reader.varint()];
  return { chain, number, before, previous: readBounds(reader, from) };
}

/** The length first, which is never 0 in a chain with windows. */
function writeBounds(writer: ByteWriter, bounds: WindowBounds | undefined, from: EpochMs): void {
  writer.varint(bounds === undefined ? 0 : bounds.end - bounds.start);
  if (bounds !== undefined) writer.signed(bounds.start - from);
}

function readBounds(reader: ByteReader, from: EpochMs): WindowBounds | undefined {
  const length = reader.varint();
  if (length === 0) return undefined;
  const start = from + reader.signed();
  return { start, end: start + length };
}
