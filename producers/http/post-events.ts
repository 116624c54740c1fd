// One request to the HTTP door, and what its answer means for the events in it.
import { EVENTS_PATH, RELAY_EVENTS_PATH, SOURCE_HEADER } from '../../src/platform/door.ts';
import { refusesTheEvents } from './door-refusal.ts';

export type PostOutcome =
  /** In the stream. */
  | { readonly kind: 'stored' }
  /** Not now, or the outcome is unknown: the same events may be sent again, after this time at the earliest. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly why: string }
  /** Too large for something on the way to the door, which says nothing of the events: fewer at a time may pass. */
  | { readonly kind: 'too-many'; readonly why: string }
  /** Not admitted: the token is not (or no longer) valid, or something other than the door answered. The events wait. */
  | { readonly kind: 'unauthorized'; readonly why: string }
  /** The door itself says: these events as they are will never be taken, some of them, or their number. */
  | { readonly kind: 'refused'; readonly status: number; readonly why: string };

export interface PostTarget {
  /** The address of the API with its stage, as the stack's output `ApiUrl` says. */
  readonly apiUrl: string;
  readonly source: string;
  /** Whether the token is a relay's, that speaks for this source among others. */
  readonly relay: boolean;
  readonly timeoutMs: number;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Never rejects. `events`: JSON texts. The token stands in the header alone, never in a message. */
export async function postEvents(
  fetchIt: Fetch,
  target: PostTarget,
  { token, events }: { readonly token: string; readonly events: readonly string[] },
): Promise<PostOutcome> {
  const { apiUrl, source, relay, timeoutMs } = target;
  const path = relay ? RELAY_EVENTS_PATH : EVENTS_PATH;
  let status: number;
  let retryAfter: string | null;
  let contentType: string | null;
  let body: string;
  try {
    const answer = await fetchIt(`${apiUrl.replace(/\/$/, '')}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token}`,
        ...(relay ? { [SOURCE_HEADER]: encodeURIComponent(source) } : {}),
      },
      body: `{"events":[${events.join(',')}]}`,
      // Who leads elsewhere is not the door, and is not to have the events.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = answer.status;
    retryAfter = answer.headers.get('retry-after');
    contentType = answer.headers.get('content-type');
    body = await answer.text();
  } catch (error) {
    return { kind: 'retry', afterMs: 0, why: error instanceof Error ? error.message : String(error) };
  }
  const why = `the door answered ${status}: ${body.slice(0, 300)}`;
  if (status === 200) {
    // A receipt or nothing: a 200 of somebody in between says nothing about the stream.
    return isReceipt(body)
      ? { kind: 'stored' }
      : { kind: 'retry', afterMs: 0, why: `${why}, which is no receipt` };
  }
  if (status === 401) return { kind: 'unauthorized', why };
  if (refusesTheEvents({ status, contentType, body })) return { kind: 'refused', status, why };
  if (status === 403) return { kind: 'unauthorized', why };
  if (status === 413) return { kind: 'too-many', why };
  return { kind: 'retry', afterMs: retryAfterMs(retryAfter), why };
}

function isReceipt(body: string): boolean {
  try {
    const { shardId, sequenceNumber } = JSON.parse(body);
    return typeof shardId === 'string' && typeof sequenceNumber === 'string';
  } catch {
    return false;
  }
}

/** Seconds, as the door says it; a date is for others. */
function retryAfterMs(value: string | null): number {
  const seconds = Number(value ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) * 1_000 : 0;
}

/** The longest pause that an answer may impose on a device. */
const MAX_RETRY_AFTER_SECONDS = 300;
