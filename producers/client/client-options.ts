// The client's bounds, with their defaults and how they must stand to each other.
import { MAX_EVENTS_PER_RECORD } from '../../src/wire/record-refusals.ts';
import { TelemetryClientError } from './telemetry-client-error.ts';

export interface TelemetryClientOptions {
  /** Records in one PutRecords call; the service takes 500. */
  readonly maxRecordsPerCall: number;
  /** Data and partition keys of one call; the service takes 10 MiB, older ones and local servers 5. */
  readonly maxCallBytes: number;
  /** Data before compression and partition key of one record; the service's default limit is 1 MiB. */
  readonly maxRecordBytes: number;
  /** Events in one record; a consumer refuses a record with more than 10,000. */
  readonly maxEventsPerRecord: number;
  /** How long an event may wait for company. */
  readonly lingerMs: number;
  /** Calls under way at once; each holds other sources than the rest. */
  readonly maxCallsInFlight: number;
  /** Accepted, not yet delivered events: beyond this `put` waits. */
  readonly maxBufferedBytes: number;
  /** One source's share of the buffer, so that a source in trouble leaves room for the others. */
  readonly maxBufferedBytesPerSource: number;
  /** Sends of one record before its events are given up. */
  readonly maxAttempts: number;
  /** Age of a record's first event at which a failed send is the last one. */
  readonly maxAgeMs: number;
  /** A call without an answer for so long is taken as lost, and its records are sent again. */
  readonly callTimeoutMs: number;
  /** Back-off: a random share of base × 2^(attempts − 1), at most the cap. */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Give events without an id one, so that a record sent twice counts once. Off: events go as they are. */
  readonly stampIds: boolean;
  /** Records above this size are compressed with gzip; undefined: never. */
  readonly gzipAboveBytes: number | undefined;
  /** Given-up events kept for the next flush when no `onFailed` takes them; with so many, `put` refuses. */
  readonly maxUndeliveredEvents: number;
}

const MIB = 1024 * 1024;

/** What a buffered event costs beside its JSON. */
export const EVENT_OVERHEAD_BYTES = 128;

const DEFAULTS: TelemetryClientOptions = {
  maxRecordsPerCall: 500,
  maxCallBytes: 5 * MIB,
  maxRecordBytes: MIB,
  maxEventsPerRecord: MAX_EVENTS_PER_RECORD,
  lingerMs: 100,
  maxCallsInFlight: 4,
  maxBufferedBytes: 16 * MIB,
  maxBufferedBytesPerSource: 4 * MIB,
  maxAttempts: 20,
  maxAgeMs: 10 * 60_000,
  callTimeoutMs: 30_000,
  backoffBaseMs: 50,
  backoffCapMs: 10_000,
  stampIds: true,
  gzipAboveBytes: undefined,
  maxUndeliveredEvents: 10_000,
};

/** Defaults filled in and relations checked; throws `TelemetryClientError` with code `invalid-option`. */
export function completeClientOptions(given: Partial<TelemetryClientOptions>): TelemetryClientOptions {
  const options = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'number') continue;
    const least = name === 'lingerMs' || name === 'gzipAboveBytes' ? 0 : 1;
    demand(Number.isSafeInteger(value) && value >= least, `${name} must be an integer ≥ ${least}`, value);
  }
  demand(
    options.maxRecordsPerCall <= 500,
    'maxRecordsPerCall must be at most 500',
    options.maxRecordsPerCall,
  );
  demand(options.maxCallBytes <= 10 * MIB, 'maxCallBytes must be at most 10 MiB', options.maxCallBytes);
  demand(
    options.maxEventsPerRecord <= MAX_EVENTS_PER_RECORD,
    `maxEventsPerRecord must be at most ${MAX_EVENTS_PER_RECORD}`,
    options.maxEventsPerRecord,
  );
  demand(
    options.maxRecordBytes <= options.maxCallBytes,
    `maxRecordBytes must fit in a call of ${options.maxCallBytes} bytes`,
    options.maxRecordBytes,
  );
  // The largest event must find room, or its put would wait for ever.
  demand(
    options.maxRecordBytes + EVENT_OVERHEAD_BYTES <= options.maxBufferedBytesPerSource,
    `maxBufferedBytesPerSource must hold a record and ${EVENT_OVERHEAD_BYTES} bytes`,
    options.maxBufferedBytesPerSource,
  );
  demand(
    options.maxBufferedBytesPerSource <= options.maxBufferedBytes,
    `maxBufferedBytesPerSource must be at most maxBufferedBytes (${options.maxBufferedBytes})`,
    options.maxBufferedBytesPerSource,
  );
  demand(
    options.backoffBaseMs <= options.backoffCapMs,
    `backoffBaseMs must be at most backoffCapMs (${options.backoffCapMs})`,
    options.backoffBaseMs,
  );
  return Object.freeze(options);
}

function demand(holds: boolean, expected: string, found: number): void {
  if (!holds) throw new TelemetryClientError('invalid-option', `${expected}; found ${found}`);
}
