import type { TelemetryEvent } from '../core/event.ts';
import type { ReasonCode } from '../core/reason-codes.ts';
import type { DeadLetterPayload } from './dead-letter-payload.ts';

/** What became of one event of a record. */
export type DecodedItem = DecodedEvent | QuarantinedItem;

interface DecodedEvent {
  /** 0-based position among the events of the record. */
  readonly index: number;
  readonly kind: 'event';
  readonly event: TelemetryEvent;
}

interface QuarantinedItem {
  readonly index: number;
  readonly kind: 'quarantined';
  readonly reason: ReasonCode;
  /** Where, what was found there, what was expected. */
  readonly detail: string;
  /** Who sent it, when that much of it is valid. */
  readonly source: string | undefined;
  readonly payload: DeadLetterPayload;
}

/** A refusal of data as a whole: it ends whatever was being read. */
export interface Refusal {
  readonly reason: ReasonCode;
  readonly detail: string;
}
