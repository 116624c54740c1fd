// The client's bounds, with their defaults.
import { MAX_EVENTS_PER_REQUEST, MAX_REQUEST_RECORD_BYTES } from '../../src/platform/door.ts';
import { TelemetryClientError } from '../client/telemetry-client-error.ts';

export interface HttpClientOptions {
  /** Events in one request; the door takes 500. */
  readonly maxEventsPerRequest: number;
  /** JSON of one request's events. */
  readonly maxRequestBytes: number;
  /** How long an event may wait for company. */
  readonly lingerMs: number;
  /** The buffer on disk: beyond it `put` waits. */
  readonly maxBufferedBytes: number;
  readonly segmentBytes: number;
  /** See `DiskBufferOptions`. */
  readonly fsync: 'always' | 'never';
  /** A request without an answer for so long is taken as lost, and its events are sent again. */
  readonly requestTimeoutMs: number;
  /** Back-off: a random share of base × 2^(attempts − 1), at most the cap, and no less than the door asks for. */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** How long the first request waits for the next try while the token is refused: a person has to do something. */
  readonly unauthorizedWaitMs: number;
}

const MIB = 1024 * 1024;

const DEFAULTS: HttpClientOptions = {
  maxEventsPerRequest: MAX_EVENTS_PER_REQUEST,
  // Room for the source and what is around the events.
  maxRequestBytes: MAX_REQUEST_RECORD_BYTES - 2_048,
  lingerMs: 250,
  maxBufferedBytes: 64 * MIB,
  segmentBytes: MIB,
  fsync: 'always',
  requestTimeoutMs: 30_000,
  backoffBaseMs: 200,
  backoffCapMs: 60_000,
  unauthorizedWaitMs: 30_000,
};

/** Throws `TelemetryClientError` with code `invalid-option`. */
export function completeHttpOptions(given: Partial<HttpClientOptions>): HttpClientOptions {
  const options = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'number') continue;
    const least = name === 'lingerMs' ? 0 : 1;
    demand(Number.isSafeInteger(value) && value >= least, `${name} must be an integer ≥ ${least}`, value);
  }
  demand(
    options.maxEventsPerRequest <= MAX_EVENTS_PER_REQUEST,
    `maxEventsPerRequest must be at most ${MAX_EVENTS_PER_REQUEST}`,
    options.maxEventsPerRequest,
  );
  demand(
    options.maxRequestBytes <= DEFAULTS.maxRequestBytes,
    `maxRequestBytes must be at most ${DEFAULTS.maxRequestBytes}`,
    options.maxRequestBytes,
  );
  demand(
    options.maxBufferedBytes >= options.segmentBytes + options.maxRequestBytes,
    'maxBufferedBytes must hold a segment and a request',
    options.maxBufferedBytes,
  );
  return Object.freeze(options);
}

function demand(holds: boolean, expected: string, found: number): void {
  if (!holds) throw new TelemetryClientError('invalid-option', `${expected}; found ${found}`);
}
