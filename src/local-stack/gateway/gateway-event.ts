// What an API reports of each request and message, for metrics.
export type GatewayEvent =
  | {
      readonly kind: 'request';
      readonly apiName: string;
      readonly stage: string;
      readonly status: number;
      readonly durationMs: number;
    }
  /** On a WebSocket API: a client connects, or sends a message. */
  | {
      readonly kind: 'connect' | 'message';
      readonly apiId: string;
      readonly stage: string;
      /** `client-error`: refused before or by the integration; `execution-error`: the API could not ask it; `integration-error`: it failed. */
      readonly outcome: 'done' | 'client-error' | 'execution-error' | 'integration-error';
    };
