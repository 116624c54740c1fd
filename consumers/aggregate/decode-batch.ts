// Records to events by source, and what is no event to the dead letters.
import type { EpochMs, SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { type Devices, withDeviceTags } from '../../src/core/device-tags.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { askedStates } from '../../src/core/pipeline/asked-states.ts';
import { askedTags } from '../../src/core/pipeline/asked-tags.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { pieceIndex } from '../../src/core/record-index.ts';
import { shapesAt } from '../../src/core/shape/cutting.ts';
import type { Shape } from '../../src/core/shape/shape.ts';
import type { SourceEvents, TickBefore } from '../../src/core/source-events.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import type { RecordPlace } from '../../src/stores/stream-progress.ts';
import type { ItemSink, QuarantinedItem, SetAsideValues } from '../../src/wire/decoded-item.ts';
import { decodeRecordInto } from '../../src/wire/record-codec.ts';
import type { RecordFacts } from '../../src/wire/shapes/scope.ts';
import type { Shaping } from '../../src/wire/shapes/shaping.ts';
import { SkippedPaths } from '../../src/wire/shapes/skipped-paths.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { isTick } from '../../src/wire/tick.ts';

export interface DecodedBatch {
  /** In the order the sources first appear; each one's events in stream order. */
  readonly bySource: ReadonlyMap<string, SourceEvents>;
  readonly quarantined: readonly DeadLetter[];
  /** One for each event with values that do not count; it has its verdict all the same. */
  readonly setAside: readonly DeadLetter[];
  readonly events: number;
  /** What was not taken of events in other forms, and of tables of devices; undefined where the pipeline has neither. */
  readonly skipped: SkippedPaths | undefined;
  /** Events whose partition key is not their source. */
  readonly strays: number;
  /** Arrival of the last record decoded, which is the latest of those delivered. */
  readonly lastArrivalMs: number;
  /** How many records were decoded: nearly always all. */
  readonly records: number;
  /** The first that was not: the batch unpacks to more than one invocation handles. */
  readonly postponedFrom: SequenceNumber | undefined;
  /** In stream order. */
  readonly ticks: readonly BatchTick[];
}

/** A tick: everything before it in its shard is in this batch, or has been handled. */
export interface BatchTick {
  readonly stream: string;
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly atMs: EpochMs;
}

/**
 * What the records of one batch may unpack to before the others are left to the next: parsed, it takes several times as much memory,
 * and a second or so. One record is handled whatever it unpacks to, which its own bound limits.
 */
export const MAX_BATCH_UNPACKED_BYTES = 48 * 1024 * 1024;

/** @throws Error for something that is no record, which Lambda has never been seen to deliver */
export function decodeBatch(
  records: readonly KinesisEventRecord[],
  pipeline: Pick<Pipeline, 'shapes' | 'aggregations' | 'devices' | 'deviceTable'>,
  maxUnpackedBytes = MAX_BATCH_UNPACKED_BYTES,
): DecodedBatch {
  const batch = new BatchSink(pipeline);
  let decoded = 0;
  for (const record of records) {
    if (batch.unpacked >= maxUnpackedBytes) break;
    decoded += 1;
    batch.begin(record);
    if (isTick(record.kinesis.data)) {
      batch.tick();
      continue;
    }
    const isAggregated = decodeRecordInto(record.kinesis.data, batch, batch.shaping, batch.states);
    batch.end(isAggregated);
  }
  const { bySource, quarantined, setAside, events, strays, arrivalMs, skipped, ticks } = batch;
  const postponedFrom = records[decoded]?.kinesis.sequenceNumber as SequenceNumber | undefined;
  const sums = { events, strays, lastArrivalMs: arrivalMs, skipped, records: decoded };
  return { bySource, quarantined, setAside, ...sums, postponedFrom, ticks };
}

const NO_RECORD: RecordFacts = { partitionKey: undefined, arrivalMs: undefined, route: undefined };

/** While it is filled. */
type BatchEvents = Omit<SourceEvents, 'strays' | 'ticks'> & {
  strays: Set<number> | undefined;
  ticks: TickBefore[] | undefined;
};

/** Puts what comes of each record in its place. */
class BatchSink implements ItemSink {
  readonly bySource = new Map<string, BatchEvents>();
  readonly quarantined: DeadLetter[] = [];
  readonly setAside: DeadLetter[] = [];
  readonly ticks: BatchTick[] = [];
  /** How the record begun last is read in other forms; undefined where the pipeline has none. */
  shaping: Shaping | undefined;
  /** Names of states that the pipeline asks for. */
  readonly states: ReadonlySet<string> | undefined;
  arrivalMs = 0;
  /** Events of the record begun last. */
  count = 0;
  index = 0;
  events = 0;
  strays = 0;
  /** Bytes of the records that were packed. */
  unpacked = 0;
  #stream = '';
  #key = '';
  #shard = '' as ShardId;
  #sequence = '' as SequenceNumber;
  /** Events of the record begun last whose partition key is not their source. */
  #astray: { readonly source: string; readonly position: number }[] | undefined;

  /** What was not taken of events; undefined where nothing can be left out. */
  readonly skipped: SkippedPaths | undefined;
  readonly #shapes: readonly Shape[];
  readonly #devices: Devices | undefined;

  constructor({
    shapes,
    aggregations,
    devices,
    deviceTable,
  }: Pick<Pipeline, 'shapes' | 'aggregations' | 'devices' | 'deviceTable'>) {
    this.#shapes = shapes;
    this.states = askedStates({ aggregations });
    this.#devices = devices.size === 0 ? undefined : devices;
    if (shapes.length > 0 || devices.size > 0 || deviceTable) this.skipped = new SkippedPaths();
    if (shapes.length === 0 || this.skipped === undefined) return;
    const asked = askedTags({ aggregations });
    this.shaping = {
      shapes,
      skipped: this.skipped,
      askedTags: asked,
      states: this.states,
      record: NO_RECORD,
    };
  }

  begin({ eventID, eventSourceARN, kinesis }: KinesisEventRecord): void {
    this.#stream = eventSourceARN;
    this.#key = kinesis.partitionKey;
    this.#astray = undefined;
    this.#sequence = kinesis.sequenceNumber as SequenceNumber;
    if (!isOfShard(eventID, this.#shard)) this.#shard = shardOf(eventID);
    this.arrivalMs = Math.round(kinesis.approximateArrivalTimestamp * 1_000);
    this.count = 0;
    this.index = 0;
    if (this.shaping !== undefined) {
      const record = { partitionKey: kinesis.partitionKey, arrivalMs: this.arrivalMs, route: undefined };
      this.shaping = { ...this.shaping, record, shapes: shapesAt(this.#shapes, this.arrivalMs) };
    }
  }

  /** The record begun last is a tick. */
  tick(): void {
    this.ticks.push({
      stream: this.#stream,
      shard: this.#shard,
      sequence: this.#sequence,
      atMs: this.arrivalMs,
    });
  }

  addEvent(event: TelemetryEvent, setAside?: SetAsideValues): void {
    if (setAside !== undefined) {
      const { source } = event;
      this.setAside.push(this.#letter({ reason: 'value-set-aside', source, ...setAside }, this.index));
    }
    this.#take(event, this.index);
    this.#next();
  }

  addPiece(event: TelemetryEvent, piece: number): void {
    this.#take(event, pieceIndex(this.index - 1, piece));
    this.events += 1;
  }

  #withTags(event: TelemetryEvent, devices: Devices): TelemetryEvent {
    return withDeviceTags(event, devices.get(event.source), (name) =>
      this.skipped?.add('(devices)', name, 'too many'),
    );
  }

  #next(): void {
    this.count += 1;
    this.index += 1;
    this.events += 1;
  }

  #take(sent: TelemetryEvent, index: number): void {
    const event = this.#devices === undefined ? sent : this.#withTags(sent, this.#devices);
    const into = this.bySource.get(event.source);
    if (into === undefined) {
      // Arrays that are made with a first entry need not change their kind when it comes.
      this.bySource.set(event.source, {
        stream: this.#stream,
        shard: this.#shard,
        events: [event],
        sequences: [this.#sequence],
        indexes: [index],
        arrivalsMs: [this.arrivalMs],
        strays: undefined,
        ticks: this.ticks.length === 0 ? undefined : this.ticks.map(({ atMs }) => ({ from: 0, atMs })),
      });
    } else {
      into.events.push(event);
      into.sequences.push(this.#sequence);
      into.indexes.push(index);
      into.arrivalsMs.push(this.arrivalMs);
      if (this.ticks.length !== (into.ticks?.length ?? 0)) this.#noteTicks(into);
    }
    if (event.source !== this.#key) this.#noteStray(event.source);
  }

  /** An aggregated record holds its events' own keys; that of the record is the first one's. */
  end(isAggregated: boolean): void {
    if (isAggregated || this.#astray === undefined) return;
    for (const { source, position } of this.#astray) {
      const events = this.bySource.get(source);
      if (events === undefined) continue;
      events.strays ??= new Set();
      events.strays.add(position);
      this.strays += 1;
    }
  }

  /** Those that have come since its event before. */
  #noteTicks(into: BatchEvents): void {
    into.ticks ??= [];
    const from = into.events.length - 1;
    for (const { atMs } of this.ticks.slice(into.ticks.length)) into.ticks.push({ from, atMs });
  }

  #noteStray(source: string): void {
    this.#astray ??= [];
    this.#astray.push({ source, position: (this.bySource.get(source)?.events.length ?? 1) - 1 });
  }

  unpackedBytes(bytes: number): void {
    this.unpacked += bytes;
  }

  addQuarantined({ reason, detail, source, payload, index }: QuarantinedItem): void {
    this.quarantined.push(this.#letter({ reason, detail, source, payload }, index));
    this.#next();
  }

  #letter(said: Omit<DeadLetter, 'at' | 'stream' | 'arrivalMs'>, index: number): DeadLetter {
    const at = { shard: this.#shard, sequence: this.#sequence, index };
    return { at, stream: this.#stream, arrivalMs: this.arrivalMs, ...said };
  }
}

export function recordPlace({ kinesis }: KinesisEventRecord): RecordPlace {
  return {
    sequence: kinesis.sequenceNumber as SequenceNumber,
    arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1_000),
  };
}

/** A batch holds records of one shard only (event source mapping rule 8); their `eventID` begins with it. */
export function shardOf(eventID: string): ShardId {
  const colon = eventID.indexOf(':');
  if (colon < 1)
    throw new Error(`record eventID: found ${JSON.stringify(eventID)}, expected shardId:sequenceNumber`);
  return eventID.slice(0, colon) as ShardId;
}

/** Whether `shardOf` would give this shard: almost always, so it is asked before anything is cut. */
function isOfShard(eventID: string, shard: ShardId): boolean {
  return shard !== '' && eventID.startsWith(shard) && eventID.charCodeAt(shard.length) === COLON;
}

const COLON = 0x3a;
