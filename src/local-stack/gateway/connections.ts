// The open connections of a WebSocket API, as its management API (`/@connections/{id}`) sees them.
import { type RawData, WebSocket } from 'ws';
import type { HttpAnswer } from './gateway-response.ts';

/** API Gateway's limit for a message, either way. */
export const MESSAGE_LIMIT_BYTES = 128 * 1024;
/** And for each frame of one that comes from a client. */
export const FRAME_LIMIT_BYTES = 32 * 1024;

export interface Connection {
  readonly id: string;
  readonly connectedMs: number;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  lastActiveMs: number;
  readonly socket: WebSocket;
}

export class Connections {
  readonly #open = new Map<string, Connection>();

  add(connection: Connection): void {
    this.#open.set(connection.id, connection);
  }

  remove(id: string): void {
    this.#open.delete(id);
  }

  all(): readonly Connection[] {
    return [...this.#open.values()];
  }

  /** What `POST`, `GET` and `DELETE /@connections/{id}` answer. */
  async manage(request: {
    readonly httpMethod: string;
    readonly id: string;
    readonly body: Buffer;
    readonly nowMs: number;
  }): Promise<HttpAnswer> {
    const connection = this.#open.get(request.id);
    if (connection === undefined || connection.socket.readyState !== WebSocket.OPEN) {
      return problem(410, 'GoneException', '');
    }
    switch (request.httpMethod) {
      case 'POST': {
        if (request.body.length > MESSAGE_LIMIT_BYTES) {
          return problem(
            413,
            'PayloadTooLargeException',
            `found ${request.body.length} bytes, expected at most ${MESSAGE_LIMIT_BYTES}`,
          );
        }
        connection.lastActiveMs = request.nowMs;
        const sent = await send(connection.socket, request.body.toString('utf8'));
        return sent ? { status: 200, headers: {}, body: '' } : problem(410, 'GoneException', '');
      }
      case 'GET':
        return {
          status: 200,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({
            connectedAt: new Date(connection.connectedMs).toISOString(),
            identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
            lastActiveAt: new Date(connection.lastActiveMs).toISOString(),
          }),
        };
      case 'DELETE':
        connection.socket.close(1000, 'Connection Closed Normally');
        return { status: 204, headers: {}, body: '' };
      default:
        return problem(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
  }
}

/** False: the connection is gone. */
export function send(socket: WebSocket, text: string): Promise<boolean> {
  return new Promise((resolve) =>
    socket.send(text, (error) => resolve(error === undefined || error === null)),
  );
}

export function bytesOf(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer); // an ArrayBuffer does as well
}

function problem(status: number, type: string, message: string): HttpAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': type },
    body: JSON.stringify({ message }),
  };
}
