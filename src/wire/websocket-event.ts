// What API Gateway hands to a function behind a WebSocket API, and what it takes back: the part of it that is used.

export interface WebSocketEvent {
  readonly requestContext: {
    readonly routeKey: string;
    readonly eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    readonly connectionId: string;
    /** What the authorizer of $connect said. */
    readonly authorizer?: unknown;
  };
  /** With the upgrade request alone. */
  readonly headers?: Readonly<Record<string, string>> | null;
  /** With a message alone. */
  readonly body?: string | null;
}

export interface WebSocketAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}
