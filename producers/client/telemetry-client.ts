// The device's side of the stream: takes events one by one, sends them in few large records, keeps each source's
// order through every retry, and loses nothing silently.

import type { Clock } from '../../src/platform/clock.ts';
import {
  completeClientOptions,
  EVENT_OVERHEAD_BYTES,
  type TelemetryClientOptions,
} from './client-options.ts';
import { Dispatcher } from './dispatcher.ts';
import { createEventIds } from './event-ids.ts';
import { type EventInput, type JsonObject, sourceOf } from './event-input.ts';
import { FlushMarks } from './flush-marks.ts';
import type { Packet } from './lane.ts';
import { type EncodedEvent, encodeEvent, recordOverheadBytes } from './record-encoding.ts';
import type { RecordSink } from './record-sink.ts';
import { Room } from './room.ts';
import { TelemetryClientError, type UndeliveredEvent } from './telemetry-client-error.ts';

/** What a client needs. */
export interface TelemetryClientSetup {
  /** Name of the Kinesis stream. */
  readonly stream: string;
  readonly deps: {
    readonly sink: RecordSink;
    readonly clock: Clock;
    /** In [0, 1), for ids and jitter. */
    readonly random: () => number;
  };
  /** Bounds on records, calls, the buffer and retries; each has a default. */
  readonly options?: Partial<TelemetryClientOptions>;
  /** Called with accepted events that were given up, once for each, and the last error. */
  readonly onFailed?: (events: readonly UndeliveredEvent[], error: unknown) => void;
}

/** Batches events into records and puts them into a stream, in order for each source. */
export interface TelemetryClient {
  /**
   * Resolves when the event is in the buffer; waits while the buffer is full. Rejects with
   * `TelemetryClientError` for an event that cannot be sent, and after `close`. Events of one source are
   * delivered in the order of the calls, whether these are awaited or not.
   */
  put(event: EventInput | JsonObject): Promise<void>;
  /** Resolves when everything put so far is in the stream; rejects with `DeliveryFailedError` for what was given up. */
  flush(): Promise<void>;
  /** Flushes, and refuses further events. May be called again, with the same result. */
  close(): Promise<void>;
  stats(): TelemetryClientStats;
}

/** Counts since the client was made. `accepted = delivered + failed + buffered` at any time. */
export interface TelemetryClientStats {
  /** Events that `put` took, and what became of them. */
  readonly accepted: number;
  readonly delivered: number;
  readonly failed: number;
  readonly buffered: number;
  /** Calls of `put` that wait for room. */
  readonly waiting: number;
  readonly bufferedBytes: number;
  /** Records known to be stored. */
  readonly records: number;
  /** Calls of PutRecords. */
  readonly calls: number;
  /** Sends of a record beyond its first. */
  readonly retries: number;
}

/**
 * A client that puts telemetry events into a Kinesis stream.
 *
 * @throws TelemetryClientError (`invalid-option`) for options out of range
 * @example
 * const client = createTelemetryClient({
 *   stream: 'telemetry',
 *   deps: { sink: createKinesisSink(new KinesisClient({})), clock, random: Math.random },
 * });
 * await client.put({ source: 'pump-1', time: Date.now(), values: { pressure: 2.4 } });
 * await client.close();
 */
export function createTelemetryClient(setup: TelemetryClientSetup): TelemetryClient {
  return new BatchingClient(setup);
}

class BatchingClient implements TelemetryClient {
  readonly #options: TelemetryClientOptions;
  readonly #clock: Clock;
  readonly #nextId: () => string;
  readonly #onFailed: TelemetryClientSetup['onFailed'];
  readonly #room: Room;
  readonly #marks = new FlushMarks();
  readonly #dispatcher: Dispatcher;
  #closing: Promise<void> | undefined;
  #accepted = 0;
  #delivered = 0;
  #failed = 0;
  #records = 0;

  constructor({ stream, deps, options, onFailed }: TelemetryClientSetup) {
    this.#options = completeClientOptions(options ?? {});
    this.#clock = deps.clock;
    this.#nextId = createEventIds(deps.random);
    this.#onFailed = onFailed;
    this.#room = new Room({
      maxBytes: this.#options.maxBufferedBytes,
      maxBytesPerSource: this.#options.maxBufferedBytesPerSource,
    });
    this.#dispatcher = new Dispatcher(this.#options, {
      call: {
        sink: deps.sink,
        clock: deps.clock,
        streamName: stream,
        timeoutMs: this.#options.callTimeoutMs,
      },
      clock: deps.clock,
      random: deps.random,
      urgent: () => this.#marks.flushing || this.#room.waiting > 0,
      onDone: (source, packet, result) => this.#settle(source, packet, result),
      onCallEnd: () => this.#room.admitWaiting(),
    });
  }

  async put(event: EventInput | JsonObject): Promise<void> {
    if (this.#closing !== undefined) throw new TelemetryClientError('closed', 'put after close');
    const mark = this.#marks.current;
    if (mark.kept.length >= this.#options.maxUndeliveredEvents) {
      throw new TelemetryClientError(
        'undelivered-full',
        `${mark.kept.length} events were given up and not taken: call flush() to take them, or pass onFailed`,
      );
    }
    const source = sourceOf(event);
    const encoded = this.#encode(source, event);
    mark.pending++;
    const admitted = Promise.withResolvers<void>();
    const entry = this.#room.enter({
      source,
      bytes: encoded.bytes + EVENT_OVERHEAD_BYTES,
      admit: () => {
        this.#accepted++;
        // Not a spread: this runs once an event.
        const { json, bytes } = encoded;
        this.#dispatcher.add(source, { json, bytes, acceptedMs: this.#clock.nowMs(), mark });
        admitted.resolve();
      },
    });
    if (entry === 'waiting') this.#dispatcher.hurry();
    return admitted.promise;
  }

  flush(): Promise<void> {
    return this.#closing ?? this.#marks.flush(() => this.#dispatcher.hurry());
  }

  close(): Promise<void> {
    this.#closing ??= this.#marks.flush(() => this.#dispatcher.hurry());
    return this.#closing;
  }

  stats(): TelemetryClientStats {
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      failed: this.#failed,
      buffered: this.#accepted - this.#delivered - this.#failed,
      waiting: this.#room.waiting,
      bufferedBytes: this.#room.bytes,
      records: this.#records,
      calls: this.#dispatcher.calls,
      retries: this.#dispatcher.retries,
    };
  }

  #encode(source: string, event: EventInput | JsonObject): EncodedEvent {
    const stamp = this.#options.stampIds && event.id === undefined;
    let encoded: EncodedEvent;
    try {
      encoded = encodeEvent(event, stamp ? this.#nextId() : undefined);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TelemetryClientError(
        'invalid-event',
        `event of ${source} has no JSON form: ${reason}`,
        cause,
      );
    }
    const recordBytes = encoded.bytes + 1 + recordOverheadBytes(source);
    if (recordBytes <= this.#options.maxRecordBytes) return encoded;
    throw new TelemetryClientError(
      'event-too-large',
      `event of ${source} makes a record of ${recordBytes} bytes; at most ${this.#options.maxRecordBytes} fit`,
    );
  }

  #settle(source: string, packet: Packet, result: 'delivered' | { readonly error: unknown }): void {
    if (result === 'delivered') {
      this.#delivered += packet.events.length;
      this.#records++;
    } else {
      this.#giveUp(source, packet, result.error);
    }
    let bytes = 0;
    for (const event of packet.events) {
      bytes += event.bytes + EVENT_OVERHEAD_BYTES;
      event.mark.settle();
    }
    this.#room.leave(source, bytes);
  }

  #giveUp(source: string, packet: Packet, error: unknown): void {
    this.#failed += packet.events.length;
    const events = packet.events.map((event): UndeliveredEvent => ({ source, ...JSON.parse(event.json) }));
    for (const [i, { mark }] of packet.events.entries()) {
      const event = events[i];
      mark.firstError ??= error;
      mark.failedEvents++;
      if (this.#onFailed === undefined && event !== undefined) mark.kept.push(event);
    }
    // A callback that throws must be heard, but not in the middle of a call's bookkeeping.
    queueMicrotask(() => this.#onFailed?.(events, error));
  }
}
