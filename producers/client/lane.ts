// One source's way to the stream: its waiting events in order, and the one record it may have out.
import type { TelemetryClientOptions } from './client-options.ts';
import type { FlushMark } from './flush-marks.ts';
import { type EncodedEvent, encodeRecord, recordOverheadBytes } from './record-encoding.ts';
import type { OutgoingRecord } from './record-sink.ts';

export interface QueuedEvent extends EncodedEvent {
  readonly acceptedMs: number;
  readonly mark: FlushMark;
}

/** A composed record; its bytes stay the same however often it is sent. */
export interface Packet {
  readonly record: OutgoingRecord;
  /** As the service counts: data and partition key. */
  readonly bytes: number;
  readonly events: readonly QueuedEvent[];
  attempts: number;
  /** Must travel in a call of its own: it may be what the service objects to. */
  alone: boolean;
}

type RecordLimits = Pick<TelemetryClientOptions, 'maxRecordBytes' | 'maxEventsPerRecord' | 'gzipAboveBytes'>;

/** Where a lane stands. At most one record is out: only `flying` has one in a call. */
type LaneState = 'idle' | 'lingering' | 'due' | 'flying' | 'backing-off';

export class Lane {
  readonly source: string;
  state: LaneState = 'idle';
  readonly #overheadBytes: number;
  #queue: QueuedEvent[] = [];
  #queuedBytes = 0;
  #packet: Packet | undefined;

  constructor(source: string) {
    this.source = source;
    this.#overheadBytes = recordOverheadBytes(source);
  }

  add(event: QueuedEvent): void {
    this.#queue.push(event);
    this.#queuedBytes += event.bytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get empty(): boolean {
    return this.#packet === undefined && this.#queue.length === 0;
  }

  /** Waiting any longer would not make the next record any better. */
  fills({ maxRecordBytes, maxEventsPerRecord }: RecordLimits): boolean {
    const events = this.#queue.length;
    const bytes = this.#overheadBytes + this.#queuedBytes + events;
    return this.#packet !== undefined || events >= maxEventsPerRecord || bytes >= maxRecordBytes;
  }

  /** The record to send next: the one that failed, else the oldest events, as many as fit. */
  packet(limits: RecordLimits): Packet {
    this.#packet ??= this.#compose(limits);
    return this.#packet;
  }

  /** The record is delivered or given up: its events are done with. */
  finish(): Packet {
    const packet = this.#packet;
    if (packet === undefined) throw new Error(`lane of ${this.source}: no record to finish`);
    this.#packet = undefined;
    return packet;
  }

  #compose(limits: RecordLimits): Packet {
    let bytes = this.#overheadBytes;
    let count = 0;
    for (const event of this.#queue) {
      if (count === limits.maxEventsPerRecord) break;
      if (count > 0 && bytes + event.bytes + 1 > limits.maxRecordBytes) break;
      bytes += event.bytes + 1;
      count++;
    }
    if (count === 0) throw new Error(`lane of ${this.source}: nothing to send`);
    const events = this.#queue.splice(0, count);
    for (const event of events) this.#queuedBytes -= event.bytes;
    const data = encodeRecord(this.source, events, limits.gzipAboveBytes);
    const partitionKey = this.source;
    return {
      record: { partitionKey, data },
      bytes: data.byteLength + Buffer.byteLength(partitionKey),
      events,
      attempts: 0,
      alone: false,
    };
  }
}
