// What a device hands to the client. Only what the client itself relies on is checked here; the rest of an
// event's rules are the consumer's, so that one place decides what is quarantined.
import { eventProblem, sourceProblem } from '../../src/core/event-problems.ts';
import { isObject, isSource } from '../../src/core/event-rules.ts';
import { TelemetryClientError } from './telemetry-client-error.ts';

/** One telemetry event as a device states it. (A type, not an interface: so it is a `JsonObject` too.) */
export type EventInput = {
  /** Who sent it: 1 to 128 characters, no control characters. The partition key. */
  readonly source: string;
  /** Tells this event from the source's others: 1 to 64 characters, or an integer. */
  readonly id?: string | number;
  /** 1 to 64 characters; `reading` when left out. */
  readonly type?: string;
  /** Event time: ms since the Unix epoch, or RFC 3339 text. */
  readonly time: number | string;
  /** Up to 64 by name: finite numbers, true and false; and texts of 1 to 64 characters where the pipeline asks for them as states. */
  readonly values?: Readonly<Record<string, number | boolean | string>>;
  /** Up to 16 texts by name. */
  readonly tags?: Readonly<Record<string, string>>;
};

/** An event read from elsewhere (a recording, another system), passed on as it is. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The event's source; throws `TelemetryClientError` when there is none a record could be keyed by. */
export function sourceOf(event: EventInput | JsonObject): string {
  // Callers in plain JavaScript, and parsed files, may bring anything.
  const given: unknown = event;
  if (!isObject(given)) throw new TelemetryClientError('invalid-event', eventProblem(given));
  const { source } = given;
  if (!isSource(source)) throw new TelemetryClientError('invalid-source', sourceProblem(source, undefined));
  return source;
}
