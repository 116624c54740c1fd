// Posts through API Gateway's management API.
import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { LivePoster, PostOutcome } from './live-poster.ts';
import { handlerOf, type TimeLimits } from './time-limits.ts';

/** A post is done in milliseconds; a client that takes longer is slow, and is not waited for. */
const LIMITS: TimeLimits = { connectMs: 1_000, answerMs: 2_000 };

/** `endpoint`: `https://…/stage`. `overrides`, its signer among them: default: as the environment says. */
export function createApiGatewayPoster(
  endpoint: string,
  overrides: Pick<ApiGatewayManagementApiClientConfig, 'region' | 'credentials' | 'requestHandler'> = {},
  limits: TimeLimits = LIMITS,
): LivePoster {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    // What is tried again, and how often, is decided by who posts.
    maxAttempts: 1,
    requestHandler: handlerOf(limits),
    ...overrides,
  });
  return {
    async post(connection, text) {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connection, Data: Buffer.from(text) }));
        return 'posted';
      } catch (error) {
        return outcomeOf(error);
      }
    },
    async disconnect(connection) {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connection }));
        return 'ended';
      } catch (error) {
        // If the service has trouble, the client finds out by its next ping, which is not answered.
        return outcomeOf(error) === 'gone' ? 'ended' : 'failed';
      }
    },
  };
}

function outcomeOf(error: unknown): PostOutcome {
  const name = error instanceof Error ? error.name : '';
  if (name === 'GoneException') return 'gone';
  const status = statusOf(error);
  if (status === 410) return 'gone';
  if (name === 'LimitExceededException' || status === 429 || (status !== undefined && status >= 500))
    return 'busy';
  return 'failed';
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
