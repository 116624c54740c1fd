// How long a call to AWS may take, in one place for all clients.
import type { NodeHttpHandlerOptions } from '@smithy/types';

export interface TimeLimits {
  /** Until there is a connection. */
  readonly connectMs: number;
  /** Until the answer begins, and then between two parts of it. */
  readonly answerMs: number;
}

/**
 * Settings of a client's `requestHandler` that end a call with a `TimeoutError`, which the SDK tries again as often as the
 * client's `maxAttempts` says. By itself the SDK's `requestTimeout` only writes a warning, and goes on waiting; and it
 * ends with the head of an answer, so that one that stops in the middle needs the limit on the socket.
 *
 * @example
 * new KinesisClient({ requestHandler: new NodeHttpHandler(handlerOf({ connectMs: 1_000, answerMs: 5_000 })) })
 */
export function handlerOf({ connectMs, answerMs }: TimeLimits): NodeHttpHandlerOptions {
  return {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    socketTimeout: answerMs,
  };
}

/** Servers on this machine: they share it with all that runs, and may be slow where AWS would not. */
export const LOCAL_LIMITS: TimeLimits = { connectMs: 5_000, answerMs: 30_000 };
