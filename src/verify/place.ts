// Where a verification takes place: a deployed stack or a local run, and what is needed to try it from outside.
import type { TokenUse } from '../core/access-token.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { OpenSocket } from '../live-client/live-socket.ts';
import type { Clock } from '../platform/clock.ts';
import type { DeadLetters } from '../stores/dead-letters.ts';
import type { AwsAccount } from './aws-account.ts';

export interface Place {
  /** With its stage; ends with a slash. */
  readonly apiUrl: string;
  /** `wss://…/stage` */
  readonly liveUrl: string;
  /** Ends with a slash. Undefined: the stack has no site. */
  readonly siteUrl: string | undefined;
  /** Part of all names that this verification uses. */
  readonly run: string;
  readonly clock: Clock;
  /** How long something that is on its way is waited for. */
  readonly patienceMs: number;
  readonly ask: Ask;
  readonly openSocket: OpenSocket;
  issue(order: TokenRequest): Promise<{ readonly id: string; readonly text: string }>;
  revoke(tokenId: string): Promise<void>;
  readonly deadLetters: Pick<DeadLetters, 'list'>;
  /** What AWS says of the stack; undefined: it is a local run. */
  readonly aws: AwsAccount | undefined;
  /** The deployed definition; undefined if it was not given. */
  readonly pipeline: Pipeline | undefined;
}

export interface TokenRequest {
  readonly use: TokenUse;
  readonly subject: string;
  readonly sources?: readonly string[];
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'OPTIONS';
  readonly url: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** Rejects where no answer comes. */
export type Ask = (question: Question) => Promise<Reply>;

const ANSWER_MS = 35_000;

/** Over HTTP. Redirects are answers. */
export const askOverHttp: Ask = async ({ method = 'GET', url, token, headers = {}, body }) => {
  const answer = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, header: (name) => answer.headers.get(name) ?? undefined, text };
};

const POLL_MS = 500;

/** What `look` finds, as soon as it finds something; undefined where it does not within the place's patience. */
export async function until<T>(
  { clock, patienceMs }: Pick<Place, 'clock' | 'patienceMs'>,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const endMs = clock.nowMs() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || clock.nowMs() >= endMs) return found;
    await clock.sleep(POLL_MS);
  }
}

export function sourceOf({ run }: Place, name: string): string {
  return `verify-${run}-${name}`;
}

/** An event as a device sends it, with what is to be different. */
export function eventOf(
  { clock }: Place,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { id: crypto.randomUUID(), time: clock.nowMs(), values: { temperature: 20 }, ...more };
}

export async function deviceOf(place: Place, name: string) {
  const source = sourceOf(place, name);
  const { text: token } = await place.issue({ use: 'device', subject: source });
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    place.ask({
      method: 'POST',
      url: new URL('v1/events', place.apiUrl).href,
      token,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { source, token, post };
}

/** The parsed body; undefined where it is no JSON object. */
export function objectIn({ text }: Reply): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null
      ? Object.fromEntries(Object.entries(parsed))
      : undefined;
  } catch {
    return undefined;
  }
}

/** For a report: what came instead. */
export function describeReply({ status, text }: Reply): string {
  return `status ${status}, body ${JSON.stringify(text.slice(0, 300))}`;
}
