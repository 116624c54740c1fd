// Decides which source's record goes into which call, and when. Order within a source is kept by one rule: a
// lane with a record out, or with one waiting to be sent again, sends nothing else.

import type { Clock } from '../../src/platform/clock.ts';
import { backoffMs } from './backoff.ts';
import type { TelemetryClientOptions } from './client-options.ts';
import { Lane, type Packet, type QueuedEvent } from './lane.ts';
import { type PutCall, putCall, type RecordOutcome } from './put-call.ts';

export interface DispatcherDeps {
  readonly call: PutCall;
  readonly clock: Clock;
  readonly random: () => number;
  /** A caller waits for room or for a flush: nothing should linger. */
  readonly urgent: () => boolean;
  /** The events left the buffer, delivered or given up (`error` then says why). */
  readonly onDone: (
    source: string,
    packet: Packet,
    result: 'delivered' | { readonly error: unknown },
  ) => void;
  /** A call is over and every record of it dealt with. */
  readonly onCallEnd: () => void;
}

export class Dispatcher {
  calls = 0;
  retries = 0;
  readonly #deps: DispatcherDeps;
  readonly #options: TelemetryClientOptions;
  readonly #lanes = new Map<string, Lane>();
  /**
   * Waiting for company until the timer or a call's worth of bytes. Not until a call's worth of sources: many
   * events in a record cost the consumer less than many records.
   */
  readonly #lingering = new Set<Lane>();
  #lingeringBytes = 0;
  /** First in, first sent. */
  readonly #due = new Set<Lane>();
  #callsInFlight = 0;
  #lingerTimer: AbortController | undefined;

  constructor(options: TelemetryClientOptions, deps: DispatcherDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  add(source: string, event: QueuedEvent): void {
    let lane = this.#lanes.get(source);
    if (lane === undefined) {
      lane = new Lane(source);
      this.#lanes.set(source, lane);
    }
    lane.add(event);
    if (lane.state === 'lingering') this.#lingeringBytes += event.bytes;
    if (lane.state === 'idle' || lane.state === 'lingering') this.#line(lane);
  }

  /** Sends what lingers. */
  hurry(): void {
    for (const lane of this.#lingering) this.#makeDue(lane);
    this.#lingering.clear();
    this.#lingeringBytes = 0;
    this.#lingerTimer?.abort();
    this.#lingerTimer = undefined;
    this.#pump();
  }

  /** Puts a lane with something to send, and nothing out, where it belongs. */
  #line(lane: Lane): void {
    if (lane.fills(this.#options) || this.#deps.urgent()) {
      if (this.#lingering.delete(lane)) this.#lingeringBytes -= lane.queuedBytes;
      this.#makeDue(lane);
      this.#pump();
      return;
    }
    if (lane.state !== 'lingering') {
      lane.state = 'lingering';
      this.#lingering.add(lane);
      this.#lingeringBytes += lane.queuedBytes;
      this.#startLingering();
    }
    if (this.#lingeringBytes >= this.#options.maxCallBytes) this.hurry();
  }

  #makeDue(lane: Lane): void {
    lane.state = 'due';
    this.#due.add(lane);
  }

  /** One timer for all: it runs from the first that lingers. */
  #startLingering(): void {
    if (this.#lingerTimer !== undefined) return;
    const timer = new AbortController();
    this.#lingerTimer = timer;
    void this.#deps.clock.sleep(this.#options.lingerMs, timer.signal).then(() => {
      if (this.#lingerTimer === timer) this.hurry();
    });
  }

  #pump(): void {
    while (this.#due.size > 0 && this.#callsInFlight < this.#options.maxCallsInFlight) {
      void this.#send(this.#fillCall());
    }
  }

  /** Lanes in the order they fell due, one record each, as many as a call takes. */
  #fillCall(): Lane[] {
    const lanes: Lane[] = [];
    let bytes = 0;
    for (const lane of this.#due) {
      const packet = lane.packet(this.#options);
      bytes += packet.bytes;
      const fits = lanes.length < this.#options.maxRecordsPerCall && bytes <= this.#options.maxCallBytes;
      if (lanes.length > 0 && (!fits || packet.alone)) break;
      this.#due.delete(lane);
      lanes.push(lane);
      if (packet.alone) break;
    }
    return lanes;
  }

  async #send(lanes: readonly Lane[]): Promise<void> {
    this.#callsInFlight++;
    this.calls++;
    const packets = lanes.map((lane) => this.#takeOff(lane));
    const outcomes = await putCall(
      this.#deps.call,
      packets.map((packet) => packet.record),
    );
    this.#callsInFlight--;
    const again = new Map<number, Lane[]>();
    for (const [i, lane] of lanes.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) throw new Error('a record of a call has no outcome');
      this.#land(lane, outcome, again);
    }
    for (const [attempts, failed] of again) this.#backOff(failed, attempts);
    this.#deps.onCallEnd();
    this.#pump();
  }

  #takeOff(lane: Lane): Packet {
    if (lane.state !== 'due') throw new Error(`lane of ${lane.source} takes off while ${lane.state}`);
    lane.state = 'flying';
    const packet = lane.packet(this.#options);
    if (packet.attempts > 0) this.retries++;
    packet.attempts++;
    return packet;
  }

  #land(lane: Lane, outcome: RecordOutcome, again: Map<number, Lane[]>): void {
    const packet = lane.packet(this.#options);
    if (outcome.kind === 'isolate') {
      packet.alone = true;
      this.#makeDue(lane);
      return;
    }
    if (outcome.kind === 'retry' && !this.#isSpent(packet)) {
      lane.state = 'backing-off';
      const same = again.get(packet.attempts);
      if (same === undefined) again.set(packet.attempts, [lane]);
      else same.push(lane);
      return;
    }
    lane.finish();
    this.#deps.onDone(
      lane.source,
      packet,
      outcome.kind === 'stored' ? 'delivered' : { error: outcome.error },
    );
    lane.state = 'idle';
    if (lane.empty) this.#lanes.delete(lane.source);
    else this.#line(lane);
  }

  #isSpent(packet: Packet): boolean {
    const ageMs = this.#deps.clock.nowMs() - (packet.events[0]?.acceptedMs ?? 0);
    return packet.attempts >= this.#options.maxAttempts || ageMs >= this.#options.maxAgeMs;
  }

  /** Records that failed together try again together: one wait, one call. */
  #backOff(lanes: readonly Lane[], attempts: number): void {
    const waitMs = backoffMs(attempts, this.#options, this.#deps.random);
    void this.#deps.clock.sleep(waitMs).then(() => {
      for (const lane of lanes) this.#makeDue(lane);
      this.#pump();
    });
  }
}
