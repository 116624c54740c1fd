// The HTTP door's bounds and names: what the stack, the authorizer and the client must agree on.

/** Posts of devices, under the API's stage. */
export const EVENTS_PATH = '/v1/events';
/** Posts on behalf of the source that SOURCE_HEADER names. */
export const RELAY_EVENTS_PATH = '/v1/relay/events';
/** Posts of operators: ends the source. */
export const RETIREMENT_PATH = '/v1/sources/{source}/retirement';
/** UTF-8, percent-encoded: headers are ASCII. */
export const SOURCE_HEADER = 'Tidemill-Source';

/** API Gateway's loops over a list end at 1,000; the template looks at the source of each event. */
export const MAX_EVENTS_PER_REQUEST = 500;
/** What one request may become as a record of the stream: far from the stream's own 1 MiB, and 50 fit a Lambda event. */
export const MAX_REQUEST_RECORD_BYTES = 256 * 1024;

/** How long API Gateway keeps what the authorizer said: a revocation holds for everybody this much later at most. */
export const AUTHORIZATION_CACHE_SECONDS = 60;
/** How long a live connection gets changes without a new check of its token: one check serves many batches. */
export const LIVE_TOKEN_SECONDS = 20;
/** How long an authorizer trusts the keys it has read: a key that was taken away signs nothing after this much and the above. */
export const KEY_CACHE_SECONDS = 60;
