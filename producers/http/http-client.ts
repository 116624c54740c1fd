// The device's side of the HTTP door: takes events one by one, keeps them on disk until the door has said that they are
// in the stream, and sends them in order, in few requests. It survives being killed: what was taken is sent by the next.

import { isObject } from '../../src/core/event-rules.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { backoffMs } from '../client/backoff.ts';
import { createEventIds } from '../client/event-ids.ts';
import type { EventInput, JsonObject } from '../client/event-input.ts';
import { TelemetryClientError } from '../client/telemetry-client-error.ts';
import { DiskBuffer, type Taken } from './disk-buffer.ts';
import { completeHttpOptions, type HttpClientOptions } from './http-client-options.ts';
import { type Fetch, type PostOutcome, postEvents } from './post-events.ts';

/** What a client needs. */
export interface HttpClientSetup {
  /** The address of the API with its stage, as the stack's output `ApiUrl` says. */
  readonly apiUrl: string;
  /** Whose events they are: the subject of a device's token, or one of those that a relay's token lists. */
  readonly source: string;
  /** The token is a relay's; default: the device's own. */
  readonly relay?: boolean;
  /** Asked before each request, so that a token can be renewed while the client runs. */
  readonly token: () => string | Promise<string>;
  /** Folder of the buffer on disk. Only one process at a time may use it. */
  readonly folder: string;
  readonly deps: {
    readonly fetch: Fetch;
    readonly clock: Clock;
    /** In [0, 1), for ids and jitter. */
    readonly random: () => number;
  };
  /** Bounds on requests, the buffer and retries; each has a default. */
  readonly options?: Partial<HttpClientOptions>;
  /** Called with each event that the door refused for good, and its reason. */
  readonly onRefused?: (event: JsonObject, why: string) => void;
  /** Called before something is tried again: the stream throttles, the network is down, the token is refused. */
  readonly onTrouble?: (why: string) => void;
}

/** Buffers events on disk and posts them to the HTTP door, in order. */
export interface HttpClient {
  /**
   * Resolves when the event is in the buffer on disk; waits while that is full. Rejects with `TelemetryClientError` for an
   * event that cannot be sent, and after `close`. Events are delivered in the order of the calls.
   */
  put(event: EventInput | JsonObject): Promise<void>;
  /** Resolves when everything put so far is in the stream or was refused. */
  flush(): Promise<void>;
  /** Refuses further events and stops sending; the buffer stays on disk for the next client. May be repeated. */
  close(): Promise<void>;
  stats(): HttpClientStats;
}

/** Counts of events since the client was made. `found + accepted = delivered + refused + buffered + lost` at any time. */
export interface HttpClientStats {
  /** Events that an earlier client had left in the buffer. */
  readonly found: number;
  /** Events put into the buffer. */
  readonly accepted: number;
  /** Events that the door has put into the stream. */
  readonly delivered: number;
  /** Events that the door refused for good. */
  readonly refused: number;
  readonly buffered: number;
  readonly bufferedBytes: number;
  /** Buffered events damaged on disk, reported to `onTrouble`. Those damaged before the client started are in no other count. */
  readonly damaged: number;
  /** Damaged events that were counted in `found` or `accepted`. */
  readonly lost: number;
  readonly requests: number;
  /** Requests beyond the first with the same events. */
  readonly retries: number;
}

/**
 * A client for devices that post their events over HTTP. It starts sending what an earlier client left in the folder.
 *
 * @throws TelemetryClientError for options out of range, or a folder that cannot be used or is in use
 * @example
 * const client = await createHttpClient({
 *   apiUrl: 'https://…/api/', source: 'pump-1', token: () => token, folder: 'buffer',
 *   deps: { fetch, clock, random: Math.random },
 * });
 * await client.put({ source: 'pump-1', time: Date.now(), values: { pressure: 2.4 } });
 * await client.close();
 */
export async function createHttpClient(setup: HttpClientSetup): Promise<HttpClient> {
  const options = completeHttpOptions(setup.options ?? {});
  const buffer = await DiskBuffer.open({
    folder: setup.folder,
    maxBytes: options.maxBufferedBytes,
    segmentBytes: options.segmentBytes,
    fsync: options.fsync,
  });
  const client = new BufferedClient(setup, options, buffer);
  client.start();
  return client;
}

class BufferedClient implements HttpClient {
  readonly #setup: HttpClientSetup;
  readonly #options: HttpClientOptions;
  readonly #buffer: DiskBuffer;
  readonly #nextId: () => string;
  #toldDamaged = 0;
  readonly #closing = new AbortController();
  #delivered = 0;
  #refused = 0;
  #requests = 0;
  #retries = 0;
  #flushing = 0;
  #sending: Promise<void> = Promise.resolve();
  /** Wakes the sender, and those who wait for room or for a flush, when something has changed. */
  #changed = Promise.withResolvers<void>();
  #lastInLine: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(setup: HttpClientSetup, options: HttpClientOptions, buffer: DiskBuffer) {
    this.#setup = setup;
    this.#options = options;
    this.#buffer = buffer;
    this.#nextId = createEventIds(setup.deps.random);
  }

  start(): void {
    this.#sending = this.#keepRunning();
  }

  /** What fails on our own side (the disk, whoever gives the token) is tried again like what fails on the other. */
  async #keepRunning(): Promise<void> {
    const { deps, onTrouble } = this.#setup;
    for (let failures = 1; !this.#closing.signal.aborted; failures++) {
      try {
        await this.#run();
      } catch (error) {
        onTrouble?.(error instanceof Error ? error.message : String(error));
        await deps.clock.sleep(backoffMs(failures, this.#options, deps.random), this.#closing.signal);
      }
    }
  }

  put(event: EventInput | JsonObject): Promise<void> {
    if (this.#closing.signal.aborted) {
      return Promise.reject(new TelemetryClientError('closed', 'put after close'));
    }
    let payload: Buffer;
    try {
      payload = this.#encode(event);
    } catch (error) {
      return Promise.reject(error);
    }
    // Written in the order of the calls; what each waits for afterwards (the disk) they wait for together.
    const written = this.#lastInLine.then(async () => {
      while (!this.#buffer.hasRoomFor(payload)) {
        if (this.#closing.signal.aborted)
          throw new TelemetryClientError('closed', 'closed while the buffer was full');
        await this.#changed.promise;
      }
      return { safe: this.#buffer.append(payload) };
    });
    this.#lastInLine = written.catch(() => {});
    return written.then(async ({ safe }) => {
      await safe;
      this.#tellChange();
    });
  }

  async flush(): Promise<void> {
    await this.#lastInLine;
    const { found, appended } = this.#buffer.stats();
    const target = found + appended;
    this.#flushing += 1;
    this.#tellChange();
    try {
      while (this.#done() < target) {
        if (this.#closing.signal.aborted) throw new TelemetryClientError('closed', 'closed while flushing');
        await this.#changed.promise;
      }
    } finally {
      this.#flushing -= 1;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  stats(): HttpClientStats {
    const { bytes, damaged, lost, found, appended } = this.#buffer.stats();
    return {
      found,
      accepted: appended,
      delivered: this.#delivered,
      refused: this.#refused,
      buffered: found + appended - this.#done(),
      bufferedBytes: bytes,
      damaged,
      lost,
      requests: this.#requests,
      retries: this.#retries,
    };
  }

  async #stop(): Promise<void> {
    this.#closing.abort();
    this.#tellChange();
    await this.#lastInLine;
    await this.#sending;
    await this.#buffer.close();
  }

  #done(): number {
    return this.#delivered + this.#refused + this.#buffer.stats().lost;
  }

  #tellChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** Ids make sending again harmless, so every event has one; the source is the token's to say. */
  #encode(event: EventInput | JsonObject): Buffer {
    const given: unknown = event;
    if (!isObject(given))
      throw new TelemetryClientError('invalid-event', 'found no object, expected an event');
    const { source, ...fields } = given;
    if (source !== undefined && source !== this.#setup.source) {
      throw new TelemetryClientError(
        'invalid-source',
        `source: found ${JSON.stringify(source)}, expected none or the client's own, ${JSON.stringify(this.#setup.source)}`,
      );
    }
    const json = Buffer.from(
      JSON.stringify(fields['id'] === undefined ? { ...fields, id: this.#nextId() } : fields),
    );
    if (json.length > this.#options.maxRequestBytes) {
      throw new TelemetryClientError(
        'event-too-large',
        `the event has ${json.length} bytes; at most ${this.#options.maxRequestBytes} fit`,
      );
    }
    return json;
  }

  async #run(): Promise<void> {
    const { clock } = this.#setup.deps;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const changed = this.#changed.promise;
      this.#tellDamage();
      if (this.#buffer.stats().records === 0) {
        await changed;
        continue;
      }
      if (this.#flushing === 0 && this.#options.lingerMs > 0) {
        const linger = new AbortController();
        const urgent = this.#untilUrgent(linger.signal).then(() => linger.abort());
        await clock.sleep(this.#options.lingerMs, AbortSignal.any([linger.signal, signal]));
        linger.abort();
        this.#tellChange();
        await urgent;
        if (signal.aborted) return;
      }
      const taken = await this.#buffer.peek({
        maxRecords: this.#options.maxEventsPerRequest,
        maxBytes: this.#options.maxRequestBytes,
      });
      if (taken.payloads.length > 0) await this.#deliver(taken);
      else this.#tellChange(); // What was there is damaged: whoever flushes need not wait for it.
    }
  }

  #tellDamage(): void {
    const { damaged } = this.#buffer.stats();
    if (damaged === this.#toldDamaged) return;
    const more = damaged - this.#toldDamaged;
    this.#toldDamaged = damaged;
    this.#setup.onTrouble?.(
      `the disk has damaged ${more} event(s) of the buffer ${this.#setup.folder}: lost`,
    );
  }

  /** A flush is waiting, or there are enough events for a request. */
  async #untilUrgent(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#flushing === 0) {
      const { records } = this.#buffer.stats();
      if (records >= this.#options.maxEventsPerRequest) return;
      await this.#changed.promise;
    }
  }

  async #deliver(taken: Taken): Promise<void> {
    const events = taken.payloads.map((payload) => payload.toString('utf8'));
    const settled = await this.#send(events);
    if (settled === undefined) return; // Closed: all of it stays, and goes again.
    this.#delivered += settled.delivered;
    this.#refused += settled.refused;
    try {
      await this.#buffer.release(taken);
    } finally {
      // They are done with, even where a full disk has no room to note it.
      this.#tellChange();
    }
  }

  /** Until the door has said yes or no to each. One that is refused takes none beside it along. Undefined: closed. */
  async #send(
    events: readonly string[],
  ): Promise<{ readonly delivered: number; readonly refused: number } | undefined> {
    const outcome = await this.#post(events);
    if (outcome === undefined) return undefined;
    if (outcome.kind === 'stored') return { delivered: events.length, refused: 0 };
    if (events.length > 1) {
      // Refused, or too many for something in between.
      const middle = Math.ceil(events.length / 2);
      const first = await this.#send(events.slice(0, middle));
      if (first === undefined) return undefined;
      const second = await this.#send(events.slice(middle));
      if (second === undefined) return undefined;
      return { delivered: first.delivered + second.delivered, refused: first.refused + second.refused };
    }
    const [event = '{}'] = events;
    this.#setup.onRefused?.(JSON.parse(event), outcome.why);
    return { delivered: 0, refused: 1 };
  }

  async #post(
    events: readonly string[],
  ): Promise<Extract<PostOutcome, { kind: 'stored' | 'refused' | 'too-many' }> | undefined> {
    const { apiUrl, source, relay = false, deps, token, onTrouble } = this.#setup;
    const { signal } = this.#closing;
    const target = { apiUrl, source, relay, timeoutMs: this.#options.requestTimeoutMs };
    for (let attempts = 1; !signal.aborted; attempts++) {
      this.#requests += 1;
      if (attempts > 1) this.#retries += 1;
      const outcome = await postEvents(deps.fetch, target, { token: await token(), events });
      if (outcome.kind === 'stored' || outcome.kind === 'refused') return outcome;
      onTrouble?.(outcome.why);
      if (outcome.kind === 'too-many' && events.length > 1) return outcome;
      const jitterMs = backoffMs(attempts, this.#options, deps.random);
      const leastMs = outcome.kind === 'retry' ? outcome.afterMs : this.#options.unauthorizedWaitMs;
      await deps.clock.sleep(leastMs + jitterMs, signal);
    }
    return undefined;
  }
}
