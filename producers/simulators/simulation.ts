// What every simulator is: a world in which things happen at their times, and from which events arrive in order.
import type { JsonObject } from '../client/event-input.ts';
import { TimeQueue } from './time-queue.ts';

export interface SimulatedArrival {
  /** When the event reaches the stream's door. */
  readonly atMs: number;
  /** An event; malformed ones (a fault that must be asked for) still carry their source. */
  readonly event: JsonObject & { readonly source: string };
}

export interface Simulation {
  /** In order of arrival, lazily; to be read once. Without an end it never ends. */
  readonly arrivals: Generator<SimulatedArrival, void, undefined>;
  /** What the arrivals read so far contain. */
  summary(): InjectedFaults;
}

/** Counts over the arrivals. `arrivals = distinct + resent + resentLater`. */
export interface InjectedFaults {
  readonly arrivals: number;
  /** Events, however often they arrived. */
  readonly distinct: number;
  /** Further arrivals of an event within seconds. */
  readonly resent: number;
  /** Further arrivals of an event minutes or hours later. */
  readonly resentLater: number;
  /** The part of both whose events are well formed and have a plausible time: what deduplication has to find. */
  readonly duplicates: number;
  /** Arrivals, repeated ones included, that a consumer must refuse: malformed, of the far future, or of 1970. */
  readonly refusable: number;
  /** Events held up on the way. */
  readonly delayed: number;
  /** First arrivals behind an event of their source that was sent after them. */
  readonly overtaken: number;
  /** Events kept through a silence and uploaded afterwards. */
  readonly uploaded: number;
  /** Events of which a clock far ahead says when; their consumer refuses them. */
  readonly farFuture: number;
  /** Events of which a clock that counts from 1970 says when; their consumer refuses them. */
  readonly since1970: number;
  readonly malformed: number;
  /** First events after a restart of their source. */
  readonly restarts: number;
  /** Sources whose clock is wrong in any way, among those that have sent something. */
  readonly wrongClocks: number;
  readonly sources: number;
}

/** What the simulator knows of an event. */
export interface EventFacts {
  readonly delayed?: boolean;
  readonly uploaded?: boolean;
  readonly farFuture?: boolean;
  readonly since1970?: boolean;
  readonly malformed?: boolean;
  readonly restarted?: boolean;
  readonly wrongClock?: boolean;
}

export interface Shipment {
  readonly event: SimulatedArrival['event'];
  readonly facts: EventFacts;
  /** Position among its source's events as sent. */
  readonly position: number;
  readonly copy: 'first' | 'resent' | 'resent-later';
}

/** Events and actions by time; reading the arrivals makes it go on. */
export class World {
  readonly #queue = new TimeQueue<Shipment | (() => void)>();
  readonly #counts = {
    arrivals: 0,
    distinct: 0,
    resent: 0,
    resentLater: 0,
    duplicates: 0,
    refusable: 0,
    delayed: 0,
    overtaken: 0,
    uploaded: 0,
    farFuture: 0,
    since1970: 0,
    malformed: 0,
    restarts: 0,
  };
  readonly #latestOf = new Map<string, number>();
  readonly #wrongClocks = new Set<string>();

  /** Lets something happen at a time. */
  at(atMs: number, action: () => void): void {
    this.#queue.add(atMs, action);
  }

  /** Lets an event arrive at a time; events arrive at whole milliseconds. */
  deliver(atMs: number, shipment: Shipment): void {
    this.#queue.add(Math.ceil(atMs), shipment);
  }

  *arrivals(): Generator<SimulatedArrival, void, undefined> {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      const { atMs, item } = next;
      if (typeof item === 'function') {
        item();
        continue;
      }
      this.#count(item);
      yield { atMs, event: item.event };
    }
  }

  summary(): InjectedFaults {
    return { ...this.#counts, wrongClocks: this.#wrongClocks.size, sources: this.#latestOf.size };
  }

  #count({ event, facts, position, copy }: Shipment): void {
    const counts = this.#counts;
    counts.arrivals++;
    if (copy === 'resent') counts.resent++;
    if (copy === 'resent-later') counts.resentLater++;
    if (facts.malformed || facts.farFuture || facts.since1970) counts.refusable++;
    else if (copy !== 'first') counts.duplicates++;
    if (copy !== 'first') return;
    counts.distinct++;
    const latest = this.#latestOf.get(event.source) ?? -1;
    if (position < latest) counts.overtaken++;
    this.#latestOf.set(event.source, Math.max(latest, position));
    if (facts.delayed) counts.delayed++;
    if (facts.uploaded) counts.uploaded++;
    if (facts.farFuture) counts.farFuture++;
    if (facts.since1970) counts.since1970++;
    if (facts.malformed) counts.malformed++;
    if (facts.restarted) counts.restarts++;
    if (facts.wrongClock) this.#wrongClocks.add(event.source);
  }
}
