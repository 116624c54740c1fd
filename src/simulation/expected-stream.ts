// What was put into the stream, and what each event of it is to become before any state is looked at: one of its
// source's events, in order, though its time may quarantine it there, or one for the quarantine.
import type { ReasonCode } from '../core/reason-codes.ts';
import type { Placement } from '../event-source/memory-stream.ts';
import type { PlannedEvent, PlannedRecord } from './plan.ts';
import type { ReferenceEvent } from './reference-model.ts';

export interface Arrival {
  readonly event: ReferenceEvent;
  readonly place: string;
  readonly shard: string;
  readonly sequence: string;
  /** Its record's key is not its source. */
  readonly isStray: boolean;
}

export class ExpectedStream {
  /** Each source's events, in stream order. */
  readonly bySource = new Map<string, Arrival[]>();
  /** The partition keys that each source has come under: where they are several its shards are read in no one order. */
  readonly keys = new Map<string, Set<string>>();
  /** Where each of them stands among its source's. */
  readonly positions = new Map<string, number>();
  /** By what reason: those of bad times once a state has judged them. */
  readonly quarantined = new Map<string, ReasonCode>();
  /** Places of good events with values that do not count. */
  readonly setAside = new Set<string>();
  /** By record, what it holds: places that have a dead letter of it, and sources. */
  readonly #records = new Map<string, { readonly letters: string[]; readonly sources: Set<string> }>();
  /** By shard, what silence is judged by. */
  readonly #ticks = new Map<string, Tick[]>();
  readonly #parents = new Map<string, readonly string[]>();
  events = 0;

  put(record: PlannedRecord, { shard, sequence, arrivalMs }: Placement): void {
    const holds = { letters: [] as string[], sources: new Set<string>() };
    this.#records.set(`${shard}:${sequence}`, holds);
    const quarantine = (index: number, reason: ReasonCode) => {
      const place = placeOf({ shard, sequence, index });
      this.quarantined.set(place, reason);
      holds.letters.push(place);
      this.events += 1;
    };
    if ('poison' in record) {
      quarantine(0, record.poison);
      return;
    }
    for (const [index, planned] of record.events.entries()) {
      const event = referenceEvent(planned, arrivalMs);
      if (planned.broken !== undefined) quarantine(index, planned.broken.reason);
      else {
        this.events += 1;
        const place = placeOf({ shard, sequence, index });
        const own = this.bySource.get(event.source) ?? [];
        this.bySource.set(event.source, own);
        this.positions.set(place, own.length);
        own.push({ event, place, shard, sequence, isStray: record.key !== event.source });
        const keys = this.keys.get(event.source) ?? new Set();
        this.keys.set(event.source, keys.add(record.key));
        if (Object.values(planned.odd ?? {}).some(isSetAside)) {
          this.setAside.add(place);
          holds.letters.push(setAsidePlace(place));
        }
        holds.sources.add(event.source);
      }
    }
  }

  putTick({ shard, sequence, arrivalMs }: Placement): void {
    const ticks = this.#ticks.get(shard) ?? [];
    this.#ticks.set(shard, ticks);
    ticks.push({ sequence, arrivalMs });
    this.#records.set(`${shard}:${sequence}`, { letters: [], sources: new Set() });
  }

  noteShards(shards: readonly { readonly id: string; readonly parents: readonly string[] }[]): void {
    for (const { id, parents } of shards) this.#parents.set(id, parents);
  }

  /**
   * Up to when all of a shard had been read that came before a record of it: by its latest tick; before its first, by the last ones of those it
   * came from, the earliest of them. Undefined: nothing is known.
   */
  silentUntil(shard: string, sequence?: string): number | undefined {
    // Sequence numbers of a stream in memory have one length; arrivals never go back.
    const tick = this.#ticks
      .get(shard)
      ?.findLast((each) => sequence === undefined || each.sequence < sequence);
    if (tick !== undefined) return tick.arrivalMs;
    const parents = this.#parents.get(shard) ?? [];
    const known = parents.map((parent) => this.silentUntil(parent) ?? Number.NEGATIVE_INFINITY);
    const least = Math.min(...known);
    return Number.isFinite(least) ? least : undefined;
  }

  /**
   * Whether a record is a tick, which is then none any more: the mapping has given it up. Whether it had been noted before nobody can tell: what
   * comes of its shard cannot be followed.
   */
  forgetTick(shard: string, sequence: string): boolean {
    const ticks = this.#ticks.get(shard) ?? [];
    const left = ticks.filter((tick) => tick.sequence !== sequence);
    this.#ticks.set(shard, left);
    return left.length < ticks.length;
  }

  /** Those that have an event in a shard. */
  sourcesOf(shard: string): readonly string[] {
    return [...this.bySource]
      .filter(([, own]) => own.some((each) => each.shard === shard))
      .map(([source]) => source);
  }

  recordAt(shard: string, sequence: string) {
    const found = this.#records.get(`${shard}:${sequence}`);
    if (found === undefined) throw new Error(`no record was put at ${shard}:${sequence}`);
    return found;
  }
}

interface Tick {
  readonly sequence: string;
  readonly arrivalMs: number;
}

export function placeOf(at: {
  readonly shard: string;
  readonly sequence: string;
  readonly index: number;
}): string {
  return `${at.shard}:${at.sequence}:${at.index}`;
}

/** Under which its values' dead letter is noted: the event itself may have another. */
export function setAsidePlace(place: string): string {
  return `${place} values`;
}

function isSetAside(value: unknown): boolean {
  return value !== null && typeof value !== 'boolean';
}

/** null is absent, true and false are 1 and 0, and all else that is no number does not count. */
function countingValues(
  values: Readonly<Record<string, number>>,
  odd: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  const counting = new Map(Object.entries(values));
  for (const [name, value] of Object.entries(odd)) {
    if (typeof value === 'boolean') counting.set(name, Number(value));
    else counting.delete(name);
  }
  return Object.fromEntries(counting);
}

function referenceEvent(
  { source, id, type = 'reading', time, values = {}, tags = {}, odd = {}, states }: PlannedEvent,
  arrivalMs: number,
): ReferenceEvent {
  return {
    source,
    arrivalMs,
    id: id === undefined ? undefined : String(id),
    type,
    time: typeof time === 'string' ? Date.parse(time) : time,
    values: countingValues(values, { ...odd, ...states }),
    tags,
    ...(states === undefined
      ? {}
      : { states: Object.fromEntries(Object.entries(states).map(([name, state]) => [name, String(state)])) }),
  };
}
