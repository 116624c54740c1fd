// What the client tells its caller: an event it cannot take, or events it could not deliver.

export type TelemetryClientErrorCode =
  | 'invalid-option'
  | 'invalid-event'
  | 'invalid-source'
  | 'event-too-large'
  | 'closed'
  | 'undelivered-full';

/** A call that cannot be served as it stands; repeating it unchanged does not help. */
export class TelemetryClientError extends Error {
  readonly code: TelemetryClientErrorCode;
  readonly retryable = false;

  constructor(code: TelemetryClientErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TelemetryClientError';
    this.code = code;
  }
}

/** An event as it went into a record: a stamped id included, so that putting it again cannot count it twice. */
export type UndeliveredEvent = { readonly source: string } & Readonly<Record<string, unknown>>;

/**
 * Accepted events that were given up. They may still have reached the stream when the last answer was lost;
 * putting them again is safe when they carry ids. `cause` is the first error met.
 */
export class DeliveryFailedError extends Error {
  readonly code = 'delivery-failed';
  readonly retryable = true;
  /** How many events were given up. */
  readonly failedEvents: number;
  /** The events themselves; empty when an `onFailed` callback has already been given them. */
  readonly events: readonly UndeliveredEvent[];

  constructor(options: { failedEvents: number; events: readonly UndeliveredEvent[]; cause: unknown }) {
    const reason = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(`${options.failedEvents} accepted event(s) could not be delivered; first error: ${reason}`, {
      cause: options.cause,
    });
    this.name = 'DeliveryFailedError';
    this.failedEvents = options.failedEvents;
    this.events = options.events;
  }
}
