import type { TelemetryEvent } from '../core/event.ts';
import type { ReasonCode } from '../core/reason-codes.ts';
import type { DeadLetterPayload } from './dead-letter-payload.ts';

/** What became of one event of a record. */
export type DecodedItem = DecodedEvent | QuarantinedItem;

interface DecodedEvent {
  /** 0-based place among the parts of the record; further events of one part have more (`pieceIndex`). */
  readonly index: number;
  readonly kind: 'event';
  readonly event: TelemetryEvent;
  /** Where some of its values do not count. */
  readonly setAside?: SetAsideValues;
}

/** Values of a good event that do not count: what becomes of them is told beside its verdict. */
export interface SetAsideValues {
  /** Each one's name, what was found, what was expected. */
  readonly detail: string;
  /** The whole event. */
  readonly payload: DeadLetterPayload;
}

export interface QuarantinedItem {
  readonly index: number;
  readonly kind: 'quarantined';
  readonly reason: ReasonCode;
  /** Where, what was found there, what was expected. */
  readonly detail: string;
  /** Who sent it, when that much of it is valid. */
  readonly source: string | undefined;
  readonly payload: DeadLetterPayload;
}

/** Takes what becomes of the events of records, one after the other, so that nothing is made just to hand it over. */
export interface ItemSink {
  /** How many parts of the record have become items so far. */
  readonly count: number;
  /** Place of the next part: greater than `count` behind parts that are no events. */
  index: number;
  addEvent(event: TelemetryEvent, setAside?: SetAsideValues): void;
  /** A further event, from 1 on, of the part that was added last. */
  addPiece(event: TelemetryEvent, piece: number): void;
  addQuarantined(item: QuarantinedItem): void;
  /** What a record that is not read in one pass came to, unpacked. */
  unpackedBytes?(bytes: number): void;
}

/** A refusal of data as a whole: it ends whatever was being read. */
export interface Refusal {
  readonly reason: ReasonCode;
  readonly detail: string;
}
