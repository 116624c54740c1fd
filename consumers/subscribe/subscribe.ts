// The live door: a client connects, says what it wants to hear of, is given it as it is now, and is told of every change
// from then on by the live consumer. What it sends is checked; what is wrong with it is answered, not logged.

import { postInOrder } from '../../src/platform/live-poster.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { TokenStanding } from '../../src/stores/token-standing.ts';
import { checkValue } from '../../src/wire/api/check-value.ts';
import { readHeldToken } from '../../src/wire/held-token.ts';
import type { ClientMessage, ServerMessage } from '../../src/wire/live/messages.ts';
import { clientMessageSchema, LIVE_PROTOCOL } from '../../src/wire/live/messages.ts';
import type { WebSocketAnswer, WebSocketEvent } from '../../src/wire/websocket-event.ts';
import { answerSubscribe } from './answer-subscribe.ts';
import type { SnapshotDeps } from './snapshot-deps.ts';

export interface SubscribeDeps extends SnapshotDeps {
  readonly standing: TokenStanding;
  readonly log: Log;
  readonly meter: Meter;
}

export function createSubscribe(deps: SubscribeDeps): (event: WebSocketEvent) => Promise<WebSocketAnswer> {
  return async ({ requestContext, headers, body }) => {
    const { eventType, connectionId: connection } = requestContext;
    deps.meter.publish({ [COUNTS[eventType]]: 1 });
    switch (eventType) {
      case 'CONNECT':
        return await answerConnect(requestContext, headers ?? {}, deps);
      case 'DISCONNECT':
        await deps.connections.close(connection);
        return { statusCode: 200 };
      case 'MESSAGE':
        await answerMessage(connection, body ?? '', deps);
        return { statusCode: 200 };
    }
  };
}

const COUNTS = { CONNECT: 'connected', DISCONNECT: 'disconnected', MESSAGE: 'messages' } as const;

/** A client that offers subprotocols wants one of them confirmed; never the one with its token. */
function echoOf(headers: Readonly<Record<string, string>>): Pick<WebSocketAnswer, 'headers'> {
  const [, offered = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol') ?? [];
  const isOffered = offered.split(',').some((protocol) => protocol.trim() === LIVE_PROTOCOL);
  return isOffered ? { headers: { 'Sec-WebSocket-Protocol': LIVE_PROTOCOL } } : {};
}

/** Only with a token, which it is known by from then on. */
async function answerConnect(
  { connectionId, authorizer }: WebSocketEvent['requestContext'],
  headers: Readonly<Record<string, string>>,
  { connections, clock, log }: SubscribeDeps,
): Promise<WebSocketAnswer> {
  const token = readHeldToken(authorizer);
  if (token === undefined) {
    log.error('connected without a token', { expected: 'what the authorizer says of one' });
    return { statusCode: 403 };
  }
  await connections.open({ connection: connectionId, token }, clock.nowMs());
  return { statusCode: 200, ...echoOf(headers) };
}

async function answerMessage(connection: string, body: string, deps: SubscribeDeps): Promise<void> {
  if (!(await isGood(connection, deps))) {
    await deps.poster.disconnect(connection);
    await deps.connections.close(connection);
    return;
  }
  const message = checkValue(clientMessageSchema, parsed(body), 'message');
  const answers =
    message.kind === 'valid'
      ? await answersTo(message.value, connection, deps)
      : [
          write({
            type: 'error',
            detail: 'Invalid message',
            problems: [...message.problems],
            ...idOf(parsed(body)),
          }),
        ];
  const outcome = answers === 'unknown' ? 'too-slow' : await postInOrder(connection, answers, deps);
  if (outcome === 'posted') return;
  // The client reconnects and subscribes again: nothing is lost by ending the connection.
  if (outcome === 'too-slow') await deps.poster.disconnect(connection);
  await deps.connections.close(connection);
}

/** Whether it may go on: its token is still good, and it has not been ended here. */
async function isGood(
  connection: string,
  { connections, standing, log, meter }: SubscribeDeps,
): Promise<boolean> {
  const token = await connections.tokenOf(connection);
  if (token === undefined) return false;
  const found = await standing.of(token);
  if (found === 'good') return true;
  meter.publish({ ended: 1 });
  log.info('ended', { reason: found, tokenId: token.id });
  return false;
}

/** unknown: the connection has been ended here, and does not know yet. */
async function answersTo(
  message: ClientMessage,
  connection: string,
  deps: SubscribeDeps,
): Promise<readonly string[] | 'unknown'> {
  switch (message.type) {
    case 'subscribe':
      return await answerSubscribe(message, connection, deps);
    case 'unsubscribe':
      await deps.connections.unsubscribe(connection, message.id);
      return [];
    case 'ping': {
      const subscriptions = await deps.connections.renew(connection, deps.clock.nowMs());
      return subscriptions === undefined ? 'unknown' : [write({ type: 'pong', subscriptions })];
    }
  }
}

function write(message: ServerMessage): string {
  return JSON.stringify(message);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // no message, as the answer says
  }
}

/** So that the client knows which of its messages was wrong, where that can be told. */
function idOf(message: unknown): { readonly id?: string } {
  if (typeof message !== 'object' || message === null || !('id' in message)) return {};
  return typeof message.id === 'string' ? { id: message.id.slice(0, 64) } : {};
}
