// Events set aside for a source that is held, as items of the dead letters table: one partition a source, in stream order, so that
// they can be folded in as they came. An event's place is its key: set aside twice it is set aside once.
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import type { Coordinates, TelemetryEvent } from '../core/event.ts';
import type { SourceEvents, TickBefore } from '../core/source-events.ts';
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import { streamMark } from './letter-key.ts';
import type { HoldReason } from './source-states.ts';
import type { Item } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

export interface HeldEvent {
  readonly source: string;
  /** ARN. */
  readonly stream: string;
  readonly at: Coordinates;
  readonly arrivalMs: EpochMs;
  readonly event: TelemetryEvent;
  /** It came under a partition key that is not its source. */
  readonly isStray: boolean;
  /** The latest tick of its shard that came before it, where one is known. */
  readonly tickMs?: EpochMs;
  /** The event of its source before it in its batch: they are set aside by several writes. None: all before it had been handled. */
  readonly after?: EventPlace;
}

/** In a shard. */
export type EventPlace = Pick<Coordinates, 'sequence' | 'index'>;

export interface Holding {
  readonly reason: HoldReason;
  /** What was found, what was expected. */
  readonly detail: string;
}

/** The events of a source's batch from one on. */
export function heldFrom(source: string, batch: SourceEvents, from: number): HeldEvent[] {
  return batch.events.slice(from).map((event, at) => {
    const place = from + at;
    const sequence = batch.sequences[place];
    const index = batch.indexes[place];
    const arrivalMs = batch.arrivalsMs[place];
    if (sequence === undefined || index === undefined || arrivalMs === undefined)
      throw new Error(`columns of unequal length at event ${place} of ${source}`);
    return {
      source,
      stream: batch.stream,
      at: { shard: batch.shard, sequence, index },
      arrivalMs,
      event,
      isStray: batch.strays?.has(place) === true,
      ...tickBefore(batch, place),
      ...(at === 0 ? {} : eventBefore(batch, place)),
    };
  });
}

function tickBefore({ ticks = [] }: SourceEvents, place: number): Pick<HeldEvent, 'tickMs'> {
  const before = ticks.filter(({ from }) => from <= place);
  return before.length === 0 ? {} : { tickMs: Math.max(...before.map(({ atMs }) => atMs)) };
}

function eventBefore({ sequences, indexes }: SourceEvents, place: number): Pick<HeldEvent, 'after'> {
  const sequence = sequences[place - 1];
  const index = indexes[place - 1];
  return sequence === undefined || index === undefined ? {} : { after: { sequence, index } };
}

/** As batches that can be folded, each of one shard; in the order given. */
export function batchesOf(held: readonly HeldEvent[]): SourceEvents[] {
  const batches: (SourceEvents & { strays: Set<number> | undefined; ticks: TickBefore[] })[] = [];
  for (const { stream, at, arrivalMs, event, isStray, tickMs } of held) {
    const last = batches.at(-1);
    const batch =
      last !== undefined && last.shard === at.shard && last.stream === stream
        ? last
        : {
            stream,
            shard: at.shard,
            events: [],
            sequences: [],
            indexes: [],
            arrivalsMs: [],
            strays: undefined,
            mayGoOn: true as const,
            ticks: [],
          };
    if (batch !== last) batches.push(batch);
    if (isStray) batch.strays = (batch.strays ?? new Set<number>()).add(batch.events.length);
    if (tickMs !== undefined) batch.ticks.push({ from: batch.events.length, atMs: tickMs });
    batch.events.push(event);
    batch.sequences.push(at.sequence);
    batch.indexes.push(at.index);
    batch.arrivalsMs.push(arrivalMs);
  }
  return batches;
}

export function heldKey({ source, stream, at }: Pick<HeldEvent, 'source' | 'stream' | 'at'>): Item {
  const place = [
    at.sequence.padStart(SEQUENCE_DIGITS, '0'),
    at.shard,
    String(at.index).padStart(5, '0'),
    streamMark(stream),
  ];
  return {
    [DEAD_LETTERS_TABLE.partitionKey]: heldPartition(source),
    [DEAD_LETTERS_TABLE.sortKey]: text(place.join('|')),
  };
}

/**
 * Sequence numbers of one partition key rise with time, across shards too (Kinesis: "sequence numbers for the same partition key
 * generally increase over time"), and within a shard always.
 */
const SEQUENCE_DIGITS = 64;

export function heldPartition(source: string): { readonly S: string } {
  return { S: `${DEAD_LETTERS_TABLE.heldPrefix}${source}` };
}

export function isHeld(item: Item): boolean {
  return textOf(item, DEAD_LETTERS_TABLE.partitionKey)?.startsWith(DEAD_LETTERS_TABLE.heldPrefix) === true;
}

export function heldItem(held: HeldEvent, { reason, detail }: Holding): Item {
  const { source, stream, at, arrivalMs, event, isStray, tickMs, after } = held;
  return {
    ...heldKey(held),
    reason: text(reason),
    detail: text(detail),
    source: text(source),
    stream: text(stream),
    shard: text(at.shard),
    sequence: text(at.sequence),
    index: number(at.index),
    arrivalMs: number(arrivalMs),
    encoding: text('json'),
    body: text(JSON.stringify(event)),
    ...(isStray ? { stray: number(1) } : {}),
    ...(tickMs === undefined ? {} : { tickMs: number(tickMs) }),
    ...afterItem(after),
  };
}

function afterItem(after: EventPlace | undefined): Item {
  return after === undefined
    ? {}
    : { [AFTER_SEQUENCE]: text(after.sequence), [AFTER_INDEX]: number(after.index) };
}

/** One that is set aside already, as who sets it aside once more knows what came before it; undefined: that is the same. */
export function heldAgain(stored: Item, { after }: HeldEvent): Item | undefined {
  const { [AFTER_SEQUENCE]: sequence, [AFTER_INDEX]: index, ...rest } = stored;
  const known = afterOf(stored);
  if (known?.sequence === after?.sequence && known?.index === after?.index) return undefined;
  return { ...rest, ...afterItem(after) };
}

function afterOf(item: Item): EventPlace | undefined {
  const sequence = textOf(item, AFTER_SEQUENCE);
  const index = numberOf(item, AFTER_INDEX);
  return sequence === undefined || index === undefined
    ? undefined
    : { sequence: sequence as SequenceNumber, index };
}

const AFTER_SEQUENCE = 'afterSequence';
const AFTER_INDEX = 'afterIndex';

/** @throws Error for an item that lacks what `heldItem` writes */
export function readHeld(item: Item): HeldEvent {
  const [source, stream, shard, sequence, body] = ['source', 'stream', 'shard', 'sequence', 'body'].map(
    (name) => textOf(item, name),
  );
  const index = numberOf(item, 'index');
  const arrivalMs = numberOf(item, 'arrivalMs');
  if (
    source === undefined ||
    stream === undefined ||
    shard === undefined ||
    sequence === undefined ||
    body === undefined ||
    index === undefined ||
    arrivalMs === undefined
  ) {
    throw new Error(
      `dead letters table: found an event set aside with ${Object.keys(item).join(', ')}, expected its source, place and body`,
    );
  }
  const at = { shard: shard as ShardId, sequence: sequence as SequenceNumber, index };
  // its own JSON, written by `heldItem`
  const event = JSON.parse(body) as TelemetryEvent;
  const tickMs = numberOf(item, 'tickMs');
  const isStray = numberOf(item, 'stray') === 1;
  const after = afterOf(item);
  return {
    source,
    stream,
    at,
    arrivalMs,
    event,
    isStray,
    ...(tickMs === undefined ? {} : { tickMs }),
    ...(after === undefined ? {} : { after }),
  };
}
